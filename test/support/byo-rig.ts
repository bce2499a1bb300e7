import { type Rig, startRig } from './operator-rig.ts'
import { type PretendKubelet, pretendKubelet } from './pretend-kubelet.ts'

/** A cluster whose nodes are brought, with one that has a GPU. */
export async function startByoRig(): Promise<{ readonly rig: Rig; readonly kubelet: PretendKubelet }> {
  const rig = await startRig({ nodeProvisioner: 'byo' })
  const kubelet = pretendKubelet(rig.client)
  await kubelet.joinNode('gpu-1')
  return { rig, kubelet }
}
