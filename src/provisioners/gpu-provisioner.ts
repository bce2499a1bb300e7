import { LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Catalog, findPreset } from '#src/catalog/catalog.ts'
import { stableHash } from '#src/lib/stable-hash.ts'
import { NODE_POOL, nodeClaim, only, ownLabels, parted, readClaim } from './node-claim.ts'
import type { ClaimInputs, Provisioner } from './provisioner.ts'

/**
 * KAITO's own provisioner for AKS: it makes an agent pool with one machine for each NodeClaim. What it reads of a claim, by its
 * source (pkg/providers/instance/instance.go): the name, which becomes the pool's; the first instance type; labels and taints;
 * an annotation for the image; and a request for `storage`, which is the size of the disk. It looks at no NodeClass.
 */
export const gpuProvisioner: Provisioner = {
  name: 'gpu-provisioner',
  how: 'nodes are provisioned',
  needs: [
    {
      kind: 'NodeClaim',
      absent:
        'this cluster has no NodeClaims (karpenter.sh/v1): install gpu-provisioner, whose chart has them, ' +
        'or set settings.nodeProvisioner=byo to use nodes that exist',
    },
  ],
  buys: {
    claims: (inputs) =>
      Array.from({ length: inputs.workspace.resource?.count ?? 1 }, (_, index) => claimOf(inputs, index)),
    read: readClaim,
    // Zones, spot and the like are not looked at: a node would come that no pod may run on.
    launchesBy: (label) => LAUNCHED_BY.includes(label),
    ownLabels,
  },
}

const LAUNCHED_BY: readonly string[] = ['kubernetes.io/arch', 'kubernetes.io/os', LABEL.instanceType]

function claimOf({ workspace, settings, catalog }: ClaimInputs, index: number) {
  const { written } = parted(nodeLabels(workspace.resource?.labelSelector), (label) => LAUNCHED_BY.includes(label))
  return nodeClaim(workspace, settings, {
    name: poolName(workspace, index),
    labels: written,
    spec: {
      nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
      requirements: [
        only(LABEL.nodePool, NODE_POOL),
        only(LABEL.instanceType, workspace.resource?.instanceType ?? ''),
        only('kubernetes.io/os', 'linux'),
      ],
      resources: { requests: { storage: `${diskGiB(workspace, catalog, settings.datasetMaxBytes)}Gi` } },
    },
  })
}

/** A pool of AKS has at most 12 letters and digits. */
function poolName({ metadata: { namespace, name, uid } }: Workspace, index: number): string {
  return `ws${stableHash({ namespace, name, uid, index }, 9)}`
}

/**
 * Disk of a node, GiB: the weights, 80 for the system and the images (upstream's number), and for a run its dataset twice, as
 * it came and as it is read. Where the size of the model is not known, upstream's 1024. AKS has no larger disk than 2048.
 */
function diskGiB({ inference, tuning }: Workspace, catalog: Catalog, datasetMaxBytes: number): number {
  const preset = findPreset(catalog, inference?.preset?.name ?? tuning?.preset?.name ?? '')
  if (preset === undefined) return 1024
  const data = tuning === undefined ? 0 : (2 * datasetMaxBytes) / 2 ** 30
  return Math.min(2048, Math.ceil(preset.weightsGiB + 80 + data))
}
