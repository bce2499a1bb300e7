import { describe, expect, it } from 'vitest'
import { isRequirement, OLD_LABELS } from '#src/api/karpenter-labels.ts'
import { type Asked, askKarpenter, JUDGED_CLOUDS, launchedTypes } from '#test/support/karpenter-judge.ts'
import {
  type Admitted,
  admittedOn,
  claimsOf,
  isAdmitted,
  podOf,
  settingsOf,
  withSelector,
} from '#test/support/karpenter-worlds.ts'

/** A zone and a region that the judge's clouds have. */
const PLACE = {
  azure: { 'topology.kubernetes.io/zone': 'eastus2-1', 'topology.kubernetes.io/region': 'eastus2' },
  aws: { 'topology.kubernetes.io/zone': 'us-east-1a', 'topology.kubernetes.io/region': 'us-east-1' },
} as const

const DOMAINS = ['kubernetes.io', 'k8s.io', 'karpenter.sh', 'karpenter.azure.com', 'karpenter.k8s.aws', 'example.com']
const NAMES = [
  'nodepool',
  'registered',
  'initialized',
  'capacity-type',
  'hostname',
  'sku-name',
  'team',
  'instance-size',
]
const KEYS = DOMAINS.flatMap((domain) => NAMES.flatMap((name) => [`${domain}/${name}`, `sub.${domain}/${name}`]))

describe.for(JUDGED_CLOUDS)('labels of a selector, with Karpenter on %s', (cloud) => {
  const settings = settingsOf(cloud)
  const [sku] = launchedTypes(cloud)
  const [one] = sku === undefined ? [] : admittedOn(sku, settings)
  if (one === undefined) throw new Error('nothing is admitted')
  const admits = (label: Readonly<Record<string, string>>) =>
    isAdmitted(withSelector(one.workspace, { apps: 'phi-3', ...label }), settings)

  it('are refused wherever Karpenter lets nobody use them', async () => {
    const { labels } = await askKarpenter(cloud, { labels: KEYS })
    const theirs = KEYS.filter((key) => labels[key] !== '')
    expect(theirs).toContain('karpenter.sh/registered')
    expect(theirs).not.toContain('example.com/team')
    expect(theirs.filter((key) => admits({ [key]: 'x' }))).toEqual([])
    expect(KEYS.filter((key) => key.endsWith('example.com/team') && !admits({ [key]: 'x' }))).toEqual([])
  })

  it('may be those by which Karpenter chooses, but for what this operator says itself and Windows', async () => {
    const { wellKnown, normalized } = await askKarpenter(cloud, {})
    const left = ['karpenter.sh/nodepool', 'node.kubernetes.io/windows-build']
    expect(wellKnown.filter((key) => !left.includes(key)).filter((key) => !isRequirement(key))).toEqual([])
    expect(wellKnown).toEqual(expect.arrayContaining(left))
    expect(Object.fromEntries(OLD_LABELS)).toEqual(normalized)
  })

  it('decide what is launched, and its pod runs there', async () => {
    const wishes: readonly Readonly<Record<string, string>>[] = [
      PLACE[cloud],
      { 'karpenter.sh/capacity-type': 'spot' },
      { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux' },
      { 'node.kubernetes.io/instance-type': one.type, 'example.com/team': 'a' },
    ]
    expect(wishes.filter((wish) => !admits(wish))).toEqual([])
    const { verdicts } = await askKarpenter(cloud, { claims: wishes.flatMap((wish) => asked(one, wish)) })
    expect(verdicts).toHaveLength(wishes.length)
    for (const { problems, fits, podMisfits } of verdicts) {
      expect({ problems, fits, podMisfits }).toEqual({ problems: [], fits: [one.type], podMisfits: {} })
    }
  })

  it('of a place that the cloud does not have launch nothing', async () => {
    const elsewhere = { 'topology.kubernetes.io/zone': 'mars-1' }
    const { verdicts } = await askKarpenter(cloud, { claims: asked(one, elsewhere) })
    expect(verdicts[0]?.fits).toEqual([])
    expect(verdicts[0]?.misfits[one.type]).toContain('topology.kubernetes.io/zone')
  })

  it('leave the machine one that nobody takes away, unless they ask for another', () => {
    const wanted = (labels: Readonly<Record<string, string>>) =>
      claimsOf(withSelector(one.workspace, labels), settings).map(({ spec }) => spec)
    const only = (value: string) => ({ key: 'karpenter.sh/capacity-type', operator: 'In', values: [value] })
    expect(wanted({ apps: 'a' })).toMatchObject([{ requirements: expect.arrayContaining([only('on-demand')]) }])
    expect(wanted({ 'karpenter.sh/capacity-type': 'spot' })).toMatchObject([
      { requirements: expect.arrayContaining([only('spot')]) },
    ])
  })

  function asked({ name, workspace }: Admitted, labels: Readonly<Record<string, string>>): Asked[] {
    const wish = withSelector(workspace, { apps: 'phi-3', ...labels })
    return claimsOf(wish, settings).map((claim) => ({ name, claim, pod: podOf(wish, claim, settings) }))
  }
})
