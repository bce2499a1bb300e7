import { expect, test } from 'vitest'
import { parseChallenge } from '#src/oci/challenge.ts'

test.each([
  ['Basic realm="kaito"', { scheme: 'basic' }],
  ['basic', { scheme: 'basic' }],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull"',
    { scheme: 'bearer', realm: 'https://auth.example/token', service: 'registry.example' },
  ],
  [
    'Bearer realm=https://auth.example/token',
    { scheme: 'bearer', realm: 'https://auth.example/token', service: undefined },
  ],
  [
    'Basic realm="x", Bearer realm="https://a/t", service="s"',
    { scheme: 'bearer', realm: 'https://a/t', service: 's' },
  ],
  ['Bearer service="s", realm="a \\"quoted\\" realm"', { scheme: 'bearer', realm: 'a "quoted" realm', service: 's' }],
  ['Bearer error="invalid_token"', undefined],
  ['Negotiate', undefined],
  ['', undefined],
])('reads the challenge %s', (header, challenge) => {
  expect(parseChallenge(header)).toEqual(challenge)
})
