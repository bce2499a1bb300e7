import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { type Complaint, foreign, invalid, required } from '#src/lib/field-error.ts'
import { readInferenceConfig, readTrainingConfig } from '#src/reading/config-files.ts'
import { configUses } from '#src/reading/mentions.ts'
import { rule } from './rule.ts'

const create = (name: string, key: string, namespace: string) =>
  `kubectl create configmap ${name} --from-file=${key} -n ${namespace}`

export const configRules = [
  rule({
    id: 'config.name',
    about: 'A ConfigMap is named as Kubernetes names objects.',
    level: 'error',
    check: (workspace) =>
      configUses(workspace).flatMap(({ path, name }) =>
        isDnsSubdomain(name)
          ? []
          : [
              invalid(path, name, 'no ConfigMap can have this name (lower-case letters, digits, "-" and ".")', {
                fix: 'write the name of a ConfigMap of this namespace',
              }),
            ],
      ),
  }),

  rule({
    id: 'config.exists',
    about:
      'A ConfigMap that does not exist yet is only warned of, because it may be applied next; no GPU is used before it is there.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, { configMaps, namespace }) =>
      configUses(workspace)
        .filter(({ name }) => configMaps.get(name)?.state === 'missing')
        .map(({ path, name, key }) =>
          required(path, `ConfigMap ${name} is not in namespace ${namespace} (yet)`, {
            fix: create(name, key, namespace),
          }),
        ),
  }),

  rule({
    id: 'config.key',
    about: 'A ConfigMap that exists has the expected key.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, { configMaps, namespace }) =>
      configUses(workspace).flatMap(({ path, name, key }) => {
        const lookup = configMaps.get(name)
        if (lookup?.state !== 'found' || Object.hasOwn(lookup.value, key)) return []
        return [invalid(path, name, `this ConfigMap has no key ${key}`, { fix: create(name, key, namespace) })]
      }),
  }),

  rule({
    id: 'config.unchecked',
    about:
      'A ConfigMap that could not be looked up in time is not checked; the Workspace says later if it does not fit.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, { configMaps }) =>
      configUses(workspace)
        .filter(({ name }) => configMaps.get(name)?.state === 'unknown')
        .map(({ path, name }) =>
          invalid(path, name, 'this ConfigMap could not be looked up in time, so it was not checked'),
        ),
  }),

  rule({
    id: 'training-config.valid',
    about:
      'training_config.yaml holds known sections, known keys and values in range: what would stop the trainer after the GPU was paid for stops here.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const parsed = readTrainingConfig(workspace, facts)
      return parsed && !parsed.ok ? within('tuning.config[training_config.yaml]', parsed.reason) : []
    },
  }),

  rule({
    id: 'training-config.ignored',
    about: 'Keys of training_config.yaml that upstream knows and that change nothing here are named.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const parsed = readTrainingConfig(workspace, facts)
      return parsed?.ok ? within('tuning.config[training_config.yaml]', parsed.ignored) : []
    },
  }),

  rule({
    id: 'inference-config.valid',
    about:
      'inference_config.yaml holds a map vllm; max-model-len is within what the model can do; its flags are of the list that everybody may set (or in settings.engineFlags), and none of them, however deep inside, names code, files, hosts or another model.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const parsed = readInferenceConfig(workspace, facts)
      return parsed && !parsed.ok ? within('inference.config[inference_config.yaml]', parsed.reason) : []
    },
  }),

  rule({
    id: 'inference-config.unknown',
    about:
      'A key at the top of inference_config.yaml that is not read is named: flags of the server belong under vllm.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const parsed = readInferenceConfig(workspace, facts)
      return parsed?.ok ? within('inference.config[inference_config.yaml]', parsed.warnings) : []
    },
  }),
]

/** Complaints of a file under the field that names it. What the file holds is for those who may read the ConfigMap. */
const within = (path: string, complaints: readonly Complaint[]): Complaint[] =>
  complaints.map((complaint) =>
    foreign({ ...complaint, path: complaint.path === '' ? path : `${path}.${complaint.path}` }),
  )
