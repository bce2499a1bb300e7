import { rowsOf } from '../row.ts'
import { facts, nodesWith, pushed, servingWith, tuning, tuningWith } from '../sample.ts'

const { preset: _, ...withoutPreset } = tuning.tuning ?? { input: {}, output: {} }
const url = (...urls: string[]) => tuningWith({ input: { urls } })
const volume = (volumeSource: Readonly<Record<string, unknown>>) => tuningWith({ output: { volumeSource } })
const by = (volumeSource: Readonly<Record<string, unknown>>) =>
  tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: 'push', volumeSource } })
const dataset = (volumeSource: Readonly<Record<string, unknown>>) => tuningWith({ input: { volumeSource } })
const allow = (...hosts: string[]) => ({
  policy: { ...facts.policy, datasetAllowPrivate: hosts },
})
const FIRST = ['tuning.input.urls[0]']
const DIGEST = `sha256:${'a'.repeat(64)}`

export const tuningRows = [
  ...rowsOf('tuning.preset-required', [
    { when: 'with a preset', workspace: tuning, at: [] },
    { when: 'without one', workspace: { ...tuning, tuning: withoutPreset }, at: ['tuning.preset'] },
  ]),
  ...rowsOf('tuning.preset-tunable', [
    { when: 'that tunes phi-3-mini', workspace: tuning, at: [] },
    {
      when: 'that tunes gpt-oss-20b',
      workspace: tuningWith({ preset: { name: 'gpt-oss-20b' } }),
      at: ['tuning.preset.name'],
      says: 'this model can be served, but not tuned; use ',
    },
  ]),
  ...rowsOf('tuning.method', [
    { when: 'by QLoRA in any case', workspace: tuningWith({ method: 'QLoRA' }), at: [] },
    { when: 'by the default method', workspace: { ...tuning, tuning: { input: {}, output: {} } }, at: [] },
    {
      when: 'by qlora misspelt',
      workspace: tuningWith({ method: 'qlroa' }),
      at: ['tuning.method'],
      says: 'did you mean "qlora"?',
    },
    {
      when: 'by dpo',
      workspace: tuningWith({ method: 'dpo-full-weights' }),
      at: ['tuning.method'],
      says: 'write qlora',
    },
  ]),
  ...rowsOf('tuning.count', [
    { when: 'that tunes on one node', workspace: tuning, at: [] },
    { when: 'that tunes on two nodes', workspace: nodesWith({ count: 2 }, tuning), at: ['resource.count'] },
    { when: 'that serves on two nodes', workspace: nodesWith({ count: 2 }), at: [] },
  ]),
  ...rowsOf('dataset.one-source', [
    { when: 'with URLs', workspace: tuning, at: [] },
    { when: 'with an image', workspace: tuningWith({ input: { image: 'a.io/data:1' } }), at: [] },
    { when: 'with nothing', workspace: tuningWith({ input: {} }), at: ['tuning.input.urls'] },
    { when: 'with an empty list', workspace: url(), at: ['tuning.input.urls'] },
    {
      when: 'with URLs and an image',
      workspace: tuningWith({ input: { urls: ['https://example.com/a'], image: 'a.io/data:1' } }),
      at: ['tuning.input'],
      says: 'urls and image are set together',
    },
  ]),
  ...rowsOf('dataset.url', [
    {
      when: "with the seed's address",
      workspace: url(
        'https://huggingface.co/datasets/philschmid/dolly-15k-oai-style/resolve/main/data/train.parquet?download=true',
      ),
      at: [],
    },
    ...[
      'http://0.0.0.0/x',
      'http://2130706433/x',
      'http://127.1/x',
      'http://100.64.0.1/x',
      'http://169.254.169.254/latest',
      'http://[::ffff:10.0.0.1]/x',
      'http://service.namespace.svc/x',
      'http://localhost/x',
      'file:///etc/passwd',
      'ftp://example.com/x',
      'https://user:password@example.com/x',
      'example.com/x',
      'https://',
    ].map((text) => ({ when: `with ${text}`, workspace: url(text), at: FIRST })),
    {
      when: 'with a private host that is not allowed',
      workspace: url('https://datasets.example.internal/x'),
      at: FIRST,
    },
    {
      when: 'with a private host that is allowed',
      workspace: url('https://datasets.example.internal/x'),
      facts: allow('datasets.example.internal'),
      at: [],
    },
    {
      when: 'with a private address in an allowed range',
      workspace: url('http://10.1.2.3/x'),
      facts: allow('10.0.0.0/8'),
      at: [],
    },
  ]),
  ...rowsOf('dataset.url-twice', [
    { when: 'with two addresses', workspace: url('https://example.com/a', 'https://example.com/b'), at: [] },
    {
      when: 'with one address twice',
      workspace: url('https://example.com/a', 'https://example.com/a'),
      at: ['tuning.input.urls[1]'],
    },
  ]),
  ...rowsOf('dataset.url-plain-http', [
    { when: 'with https', workspace: tuning, at: [] },
    { when: 'with http', workspace: url('http://example.com/a'), at: FIRST },
  ]),
  ...rowsOf('dataset.pull-secrets', [
    {
      when: 'with a Secret for its image',
      workspace: tuningWith({ input: { image: 'a.io/b:1', imagePullSecrets: ['s'] } }),
      at: [],
    },
    {
      when: 'with a Secret and no image',
      workspace: tuningWith({ input: { urls: ['https://example.com/a'], imagePullSecrets: ['s'] } }),
      at: ['tuning.input.imagePullSecrets'],
    },
  ]),
  ...rowsOf('output.destination', [
    { when: 'with an image', workspace: pushed('a.io/b:1'), at: [] },
    { when: 'with a volume', workspace: tuning, at: [] },
    { when: 'with both', workspace: by({ persistentVolumeClaim: { claimName: 'a' } }), at: [] },
    { when: 'with nothing', workspace: tuningWith({ output: {} }), at: ['tuning.output.image'] },
  ]),
  ...rowsOf('output.push-secret', [
    { when: 'with a Secret', workspace: pushed('a.io/b:1'), at: [] },
    { when: 'with a volume and no Secret', workspace: tuning, at: [] },
    {
      when: 'with an image and no Secret',
      workspace: tuningWith({ output: { image: 'myacr.azurecr.io/b:1' } }),
      at: ['tuning.output.imagePushSecret'],
      says: '--docker-server=myacr.azurecr.io',
    },
  ]),
  ...rowsOf('output.tag', [
    { when: 'with a tag', workspace: pushed('a.io/b:1'), at: [] },
    { when: 'with a digest', workspace: pushed(`a.io/b@${DIGEST}`), at: ['tuning.output.image'], says: 'a.io/b:0.0.1' },
  ]),
  ...rowsOf('output.checkpoints', [
    { when: 'with a volume', workspace: tuning, at: [] },
    { when: 'with an image by way of a volume', workspace: by({ persistentVolumeClaim: { claimName: 'a' } }), at: [] },
    {
      when: 'with an image by way of a folder of the pod',
      workspace: by({ emptyDir: {} }),
      at: ['tuning.output.image'],
    },
    {
      when: 'with an image where a volume is made for each run',
      workspace: pushed('a.io/b:1'),
      facts: { policy: { ...facts.policy, tuningVolumes: true } },
      at: [],
    },
    { when: 'with an image', workspace: pushed('a.io/b:1'), at: ['tuning.output.image'] },
  ]),
  ...rowsOf('volume.one-kind', [
    { when: 'with a claim', workspace: tuning, at: [] },
    {
      when: 'with a misspelt kind',
      workspace: volume({ persistentVolumeClaims: {} }),
      at: ['tuning.output.volumeSource'],
      says: 'did you mean "persistentVolumeClaim"?',
    },
    { when: 'with two kinds', workspace: dataset({ emptyDir: {}, nfs: {} }), at: ['tuning.input.volumeSource'] },
    {
      when: 'with none',
      workspace: servingWith({ adapters: [{ source: { name: 'a', volumeSource: {} } }] }),
      at: ['inference.adapters[0].source.volumeSource'],
    },
  ]),
  ...rowsOf('volume.allowed', [
    { when: 'with a claim', workspace: tuning, at: [] },
    { when: 'with an image', workspace: dataset({ image: { reference: 'a.io/b:1' } }), at: [] },
    { when: 'with a misspelt kind', workspace: dataset({ nsf: {} }), at: [] },
    {
      when: 'with NFS',
      workspace: dataset({ nfs: { server: 'nfs.example.com', path: '/' } }),
      at: ['tuning.input.volumeSource.nfs'],
      says: 'have the kind listed in settings.volumeKinds',
    },
    {
      when: 'with NFS, where that is listed',
      workspace: dataset({ nfs: { server: 'nfs.example.com', path: '/' } }),
      facts: { policy: { ...facts.policy, volumeKinds: ['nfs', 'hostPath'] } },
      at: [],
    },
    {
      when: 'that tunes with a Secret',
      workspace: dataset({ secret: { secretName: 'a' } }),
      at: ['tuning.input.volumeSource.secret'],
    },
    {
      when: 'whose adapter is a token',
      workspace: servingWith({
        adapters: [{ source: { name: 'a', volumeSource: { projected: { sources: [{ serviceAccountToken: {} }] } } } }],
      }),
      at: ['inference.adapters[0].source.volumeSource.projected'],
    },
    {
      when: "with the node's files, though they are listed",
      workspace: dataset({ hostPath: { path: '/' } }),
      facts: { policy: { ...facts.policy, volumeKinds: ['hostPath'] } },
      at: ['tuning.input.volumeSource.hostPath'],
    },
    {
      when: "with the node's files",
      workspace: dataset({ hostPath: { path: '/' } }),
      at: ['tuning.input.volumeSource.hostPath'],
    },
  ]),
  ...rowsOf('volume.read-only-output', [
    { when: 'that reads a ConfigMap', workspace: dataset({ configMap: { name: 'a' } }), at: [] },
    {
      when: 'that writes to a ConfigMap',
      workspace: volume({ configMap: { name: 'a' } }),
      at: ['tuning.output.volumeSource.configMap'],
    },
  ]),
  ...rowsOf('volume.lost-output', [
    { when: 'that writes to a claim', workspace: tuning, at: [] },
    {
      when: 'that writes to an emptyDir',
      workspace: volume({ emptyDir: {} }),
      at: ['tuning.output.volumeSource.emptyDir'],
    },
  ]),
]
