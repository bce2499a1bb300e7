import { join } from 'node:path'

/** Where each part of the cluster keeps its files under the data folder. */
export interface Layout {
  readonly dir: string
  readonly logs: string
  readonly pki: string
  readonly kubeconfig: string
  readonly stateFile: string
  readonly containerd: string
  readonly containerdConfig: string
  readonly containerdSocket: string
  readonly registryHosts: string
  readonly cniConfig: string
  readonly cniData: string
  readonly kubelet: string
  readonly kubeletConfig: string
  readonly podLogs: string
  readonly corefile: string
  readonly hostsFile: string
  readonly registry: string
  readonly registryData: string
}

/** The layout for a data folder. Short names: a unix socket's path may have 107 bytes at most. */
export function layoutOf(dir: string): Layout {
  const at = (...parts: string[]) => join(dir, ...parts)
  return {
    dir,
    logs: at('logs'),
    pki: at('pki'),
    kubeconfig: at('kubeconfig'),
    stateFile: at('state.json'),
    containerd: at('containerd'),
    containerdConfig: at('containerd.toml'),
    containerdSocket: at('containerd.sock'),
    registryHosts: at('registry-hosts'),
    cniConfig: at('cni', 'conf'),
    cniData: at('cni', 'data'),
    kubelet: at('kubelet'),
    kubeletConfig: at('kubelet.json'),
    podLogs: at('pod-logs'),
    corefile: at('Corefile'),
    hostsFile: at('hosts'),
    registry: at('registry'),
    registryData: at('registry', 'data'),
  }
}
