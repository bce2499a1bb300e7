import { expect, it } from 'vitest'
import { ownsPartOf } from '#src/observe/field-owners.ts'

const set = {
  spec: {
    replicas: 1,
    template: { spec: { containers: [{ name: 'server', image: 'a', args: ['x'], ports: [{ containerPort: 80 }] }] } },
  },
}
const spec = (fields: object) => ({ 'f:spec': fields })
const server = (fields: object, name = 'server') =>
  spec({ 'f:template': { 'f:spec': { 'f:containers': { [`k:{"name":"${name}"}`]: fields } } } })

it.for<[string, object]>([
  ['a number', spec({ 'f:replicas': {} })],
  ['a field of a list item', server({ 'f:image': {} })],
  ['a list as a whole', server({ 'f:args': {} })],
  [
    'an item whose key the server has filled in',
    server({ 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': {} } }),
  ],
])('%s that is set', ([, fields]) => {
  expect(ownsPartOf(fields, set)).toBe(true)
})

it.for<[string, object]>([
  [
    "kubectl rollout restart's annotation",
    spec({
      'f:template': { 'f:metadata': { 'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/restartedAt': {} } } },
    }),
  ],
  ['a container beside ours', server({ '.': {}, 'f:image': {}, 'f:name': {} }, 'proxy')],
  ['the being there of an item alone', server({ '.': {} })],
  ['a field that is not set', server({ 'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:value': {} } } })],
])('%s is nothing that is set', ([, fields]) => {
  expect(ownsPartOf(fields, set)).toBe(false)
})
