import { rowsOf } from '../row.ts'
import {
  adapter,
  annotated,
  dockerSecret,
  loginlessSecret,
  opaqueSecret,
  pulled,
  pushed,
  secret,
  secretsOf,
  servingWith,
} from '../sample.ts'

const IMAGE = ['tuning.output.image']
const PUSH = ['tuning.output.imagePushSecret']
const gated = servingWith({ preset: { name: 'llama-3.1-8b-instruct', presetOptions: { modelAccessSecret: 'hf' } } })
const keyed = annotated({ 'kaito.sh/api-keys': 'keys' })
const TOKEN = ['inference.preset.presetOptions.modelAccessSecret']

export const referenceRows = [
  ...rowsOf('image.placeholder', [
    { when: 'with an image', workspace: pushed('a.io/b:1'), at: [] },
    { when: 'with a repository called where', workspace: pushed('a.io/where:1'), at: [] },
    {
      when: "with the documentation's output",
      workspace: pushed('ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1'),
      at: IMAGE,
      says: 'this is the placeholder from the documentation; write your registry, e.g. myacr.azurecr.io/adapters/phi-3:0.0.1',
    },
    {
      when: "with the documentation's adapter",
      workspace: servingWith({ adapters: [adapter('a', 'ACR_REPO_HERE.azurecr.io/ADAPTER_HERE:0.0.1')] }),
      at: ['inference.adapters[0].source.image'],
    },
    { when: 'with angle brackets', workspace: pushed('<your-registry>/phi:1'), at: IMAGE },
  ]),
  ...rowsOf('image.reference', [
    { when: 'with a port and a digest', workspace: pushed(`a.io:5000/b@sha256:${'a'.repeat(64)}`), at: [] },
    {
      when: 'with a placeholder, which has a rule of its own',
      workspace: pushed('ACR_REPO_HERE.azurecr.io/X_HERE:1'),
      at: [],
    },
    ...["x'; touch /tmp/x; '", 'https://a.io/b:1', 'a.io/Upper:1', 'a.io/b:', ''].map((image) => ({
      when: `with the adapter image ${JSON.stringify(image)}`,
      workspace: servingWith({ adapters: [adapter('a', image)] }),
      at: ['inference.adapters[0].source.image'],
    })),
  ]),
  ...rowsOf('image.floating', [
    { when: 'with a version', workspace: servingWith({ adapters: [adapter('a')] }), at: [] },
    { when: 'that pushes latest', workspace: pushed('a.io/b:latest'), at: [] },
    {
      when: 'that reads latest',
      workspace: servingWith({ adapters: [adapter('a', 'a.io/b')] }),
      at: ['inference.adapters[0].source.image'],
    },
  ]),
  ...rowsOf('secret.placeholder', [
    { when: 'with a Secret', workspace: pushed('a.io/b:1'), at: [] },
    { when: "with the documentation's Secret", workspace: pushed('a.io/b:1', 'ACR_REGISTRY_SECRET_HERE'), at: PUSH },
  ]),
  ...rowsOf('secret.name', [
    { when: 'with a Secret', workspace: pushed('a.io/b:1', 'a.b-c'), at: [] },
    { when: 'with a path', workspace: pushed('a.io/b:1', '../../secrets/x'), at: PUSH },
  ]),
  ...rowsOf('secret.type', [
    {
      when: 'with registry credentials',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', dockerSecret('a.io')),
      at: [],
    },
    {
      when: 'with an opaque Secret to push',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', opaqueSecret('password')),
      at: PUSH,
      says: 'kubectl create secret docker-registry push --docker-server=a.io',
    },
    {
      when: 'that pulls with credentials in the old format',
      workspace: servingWith({ adapters: [{ source: { name: 'a', image: 'a.io/a:1', imagePullSecrets: ['pull'] } }] }),
      facts: secret('pull', opaqueSecret('.dockercfg')),
      at: [],
    },
    { when: 'with API keys', workspace: keyed, facts: secret('keys', opaqueSecret('team-a')), at: [] },
    {
      when: 'with an empty Secret of API keys',
      workspace: keyed,
      facts: secret('keys', opaqueSecret()),
      at: ['metadata.annotations[kaito.sh/api-keys]'],
      says: 'kubectl create secret generic keys',
    },
    { when: 'with a token', workspace: gated, facts: secret('hf', opaqueSecret('HF_TOKEN')), at: [] },
    {
      when: 'with a Secret without token',
      workspace: gated,
      facts: secret('hf', opaqueSecret('token')),
      at: TOKEN,
      says: 'HF_TOKEN',
    },
  ]),
  ...rowsOf('secret.registry', [
    {
      when: "with the registry's credentials",
      workspace: pushed('a.io/b:1'),
      facts: secret('push', dockerSecret('a.io')),
      at: [],
    },
    {
      when: "with Docker Hub's credentials, however they are written",
      workspace: pushed('someone/b:1'),
      facts: secret('push', dockerSecret('docker.io')),
      at: [],
    },
    {
      when: 'with credentials for all registries of a cloud',
      workspace: pushed('mine.azurecr.io/b:1'),
      facts: secret('push', dockerSecret('*.azurecr.io')),
      at: [],
    },
    {
      when: 'with credentials for some registries of a domain',
      workspace: pushed('registry-eu.example.com/b:1'),
      facts: secret('push', dockerSecret('registry-*.example.com')),
      at: [],
    },
    {
      when: 'with two pull Secrets, one of them for the registry',
      workspace: pulled('a.io/b:1', 'other', 'right'),
      facts: secretsOf({ other: dockerSecret('b.io'), right: dockerSecret('a.io') }),
      at: [],
    },
    {
      when: 'with two pull Secrets, both for other registries',
      workspace: pulled('a.io/b:1', 'other', 'wrong'),
      facts: secretsOf({ other: dockerSecret('b.io'), wrong: dockerSecret('*.c.io') }),
      at: ['tuning.input.imagePullSecrets[0]', 'tuning.input.imagePullSecrets[1]'],
      says: 'it has no credentials for a.io; kubectl',
    },
    {
      when: 'with an entry that holds no login',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', loginlessSecret('a.io')),
      at: PUSH,
      says: 'its entry for a.io holds no login',
    },
    {
      when: "with another registry's credentials",
      workspace: pushed('a.io/b:1'),
      facts: secret('push', dockerSecret('b.io')),
      at: PUSH,
      says: 'it has no credentials for a.io; kubectl',
    },
  ]),
  ...rowsOf('secret.exists', [
    {
      when: 'with a Secret that is there',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', dockerSecret('a.io')),
      at: [],
    },
    {
      when: 'with a Secret that is not there',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', { state: 'missing' }),
      at: PUSH,
      says: '-n team',
    },
  ]),
  ...rowsOf('secret.unchecked', [
    {
      when: 'with a Secret that is there',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', dockerSecret('a.io')),
      at: [],
    },
    {
      when: 'with a Secret that was not read in time',
      workspace: pushed('a.io/b:1'),
      facts: secret('push', { state: 'unknown' }),
      at: PUSH,
    },
  ]),
]
