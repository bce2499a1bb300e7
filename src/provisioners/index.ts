import type { Settings } from '#src/api/settings.ts'
import { byo } from './byo.ts'
import { gpuProvisioner } from './gpu-provisioner.ts'
import { karpenter } from './karpenter.ts'
import type { Provisioner } from './provisioner.ts'

/** Every place that nodes can come from. Another one is a file, a line here, and its name in the settings. */
const PROVISIONERS: Readonly<Record<Settings['nodeProvisioner'], Provisioner>> = {
  karpenter,
  'gpu-provisioner': gpuProvisioner,
  byo,
}

export const provisionerOf = ({ nodeProvisioner }: Pick<Settings, 'nodeProvisioner'>): Provisioner =>
  PROVISIONERS[nodeProvisioner]

/** What the chosen provisioner needs and the cluster does not have, in words for a person; undefined where all is there. */
export const provisionerGap = (
  settings: Pick<Settings, 'nodeProvisioner'>,
  hasNodeClaims: boolean,
): string | undefined => (hasNodeClaims ? undefined : provisionerOf(settings).needs[0]?.absent)
