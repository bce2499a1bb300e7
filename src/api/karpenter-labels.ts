/** A domain whose labels say what a node is or whose it is: on a new node nobody writes them but these programs. */
const OWNED_DOMAINS: readonly (readonly [domain: string, owner: string])[] = [
  ['kubernetes.io', 'Kubernetes'],
  ['k8s.io', 'Kubernetes'],
  ['karpenter.sh', 'Karpenter'],
  ['karpenter.azure.com', 'Karpenter'],
  ['kubernetes.azure.com', 'AKS'],
  ['k8s.aws', 'Karpenter'],
  ['k8s.gcp', 'Karpenter'],
  ['kaito.sh', 'this operator'],
]

/** Whose label this is, where it is not free for everybody. */
export function ownerOfLabel(key: string): string | undefined {
  const slash = key.indexOf('/')
  if (slash === -1) return undefined
  const prefix = key.slice(0, slash).toLowerCase()
  return OWNED_DOMAINS.find(([domain]) => prefix === domain || prefix.endsWith(`.${domain}`))?.[1]
}

/**
 * Labels that Karpenter takes as a requirement: it launches a node that has them. Written onto a claim as a label, they would
 * be believed and not looked at: a node said to be in another zone than it is.
 */
const REQUIREMENTS: readonly string[] = [
  'karpenter.sh/capacity-type',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]

export const isRequirement = (key: string): boolean => REQUIREMENTS.includes(key)

/** What some of these can say, given the machines and images that there are. */
export const REQUIREMENT_VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ['karpenter.sh/capacity-type', ['on-demand', 'spot', 'reserved']],
  ['kubernetes.io/arch', ['amd64']],
  ['kubernetes.io/os', ['linux']],
])

/** Names that nodes had for them once. */
export const OLD_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
])
