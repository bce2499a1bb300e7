/**
 * How large anything in a Workspace may be. Kubernetes' own limit where it has one; else several times what anybody was
 * seen to need. The apiserver enforces them by the CRD, and admission before any rule runs.
 */
export const LIMIT = {
  /** Characters of an object's name (RFC 1123 subdomain). */
  name: 253,
  /** Characters of a label's key: a prefix, a slash and 63 characters. */
  labelKey: 317,
  labelValue: 63,
  /** Labels in a selector, and expressions beside them. */
  selectorEntries: 32,
  /** Values of one expression; one is all that can be used. */
  selectorValues: 16,
  /** Nodes of one Workspace. What an administrator allows (`settings.maxNodesPerWorkspace`) is usually less. */
  nodes: 256,
  instanceType: 128,
  /** Characters of a model's name: a preset, or an id of the model hub. */
  model: 256,
  image: 1024,
  url: 4096,
  urls: 100,
  /** Secrets to pull one image with. */
  pullSecrets: 16,
  /** Adapters of one server; rules allow fewer, and say why. */
  adapters: 64,
  strength: 32,
  method: 64,
  /** Characters of a short text in a status, such as a state or a time. */
  word: 256,
  message: 32_768,
  conditions: 32,
  /** Entries of a map in status.performance. */
  metrics: 64,
  /** Characters of `inference.template` or of a volume source, as JSON: rules read inside, and a node must hold the pod. */
  openJson: 262_144,
  /** Characters of all annotations, as the apiserver has it for their bytes. */
  annotations: 262_144,
  /** Characters of JSON, and values, of `resource`, `inference` and `tuning` together: what all of them may be to be judged. */
  judged: { characters: 524_288, values: 5_000 },
  /**
   * CPU time in ms after which a rule counts as hanging, and its process ends. The slowest answer that was ever found takes 50
   * (docs/bench/fuzz.md), so even a machine of a tenth of that speed is not mistaken; the kubelet would need 30 s to notice.
   */
  ruleCpuMs: 2_000,
} as const
