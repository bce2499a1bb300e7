import { describe, expect, it } from 'vitest'
import { servingPort } from '#src/desired/serving-port.ts'
import { serving } from '../rules/sample.ts'

const own = (...containers: readonly unknown[]) => ({ ...serving, inference: { template: { spec: { containers } } } })
const listening = (...ports: readonly unknown[]) => ({ name: 'c', ports })

describe('the port that requests go to', () => {
  it.for<[string, ReturnType<typeof own>, number]>([
    ['the port that a template declares', own(listening({ containerPort: 8080 })), 8080],
    ['the first of several', own(listening({ containerPort: 8080 }, { containerPort: 9090 })), 8080],
    [
      'the one named http',
      own(listening({ containerPort: 9090 }), listening({ name: 'http', containerPort: 8000 })),
      8000,
    ],
    [
      'the one named http, also beside 5000',
      own(listening({ containerPort: 5000 }, { name: 'http', containerPort: 80 })),
      80,
    ],
    [
      '5000, which KAITO always took, wherever it is',
      own(listening({ containerPort: 9090 }, { containerPort: 5000 })),
      5000,
    ],
    ['the first one with TCP', own(listening({ containerPort: 53, protocol: 'UDP' }, { containerPort: 8080 })), 8080],
    ['one of a sidecar where the server has none', own({ name: 'c' }, listening({ containerPort: 4000 })), 4000],
    ['5000 where no port is declared', own({ name: 'c' }), 5000],
    ['5000 where what is declared is none', own(listening(null, { containerPort: '8080' }), null, 7), 5000],
    ['5000 where there is no container', own(), 5000],
  ])('is %s', ([, workspace, port]) => {
    expect(servingPort(workspace)).toBe(port)
  })

  it('is the gateway of a preset', () => {
    expect(servingPort(serving)).toBe(5000)
  })
})
