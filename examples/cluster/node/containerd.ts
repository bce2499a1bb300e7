import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from '../api-daemons.ts'
import { runCommand } from '../command.ts'
import type { Layout } from './layout.ts'
import { NODE_ADDRESS, PAUSE_IMAGE, REGISTRY_NAME, REGISTRY_PORT } from './settings.ts'

const OVERLAYFS_MAGIC = 0x794c7630

/** containerd with its own root, state and socket; it knows the local registry by name and speaks plain HTTP to it. */
export function containerd(layout: Layout, binaries: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Component {
  mkdirSync(layout.containerd, { recursive: true })
  writeFileSync(layout.containerdConfig, configToml(layout, binaries.get('runc') ?? 'runc'))
  writeRegistryHosts(layout)
  const ctr = binaries.get('ctr') ?? 'ctr'
  return {
    name: 'containerd',
    argv: [binaries.get('containerd') ?? 'containerd', `--config=${layout.containerdConfig}`],
    env,
    ready: async () =>
      (await runCommand([ctr, `--address=${layout.containerdSocket}`, 'version'], { timeoutMs: 3000 })).code === 0,
  }
}

function configToml(layout: Layout, runc: string): string {
  const text = (value: string) => JSON.stringify(value)
  // An overlay cannot be the upper layer of another overlay, which is where a container's own files are.
  const snapshotter = statfsSync(layout.containerd).type === OVERLAYFS_MAGIC ? 'native' : 'overlayfs'
  const images = 'plugins."io.containerd.cri.v1.images"'
  const runtime = 'plugins."io.containerd.cri.v1.runtime"'
  return `version = 3
root = ${text(join(layout.containerd, 'root'))}
state = ${text(join(layout.containerd, 'state'))}
[grpc]
  address = ${text(layout.containerdSocket)}
[debug]
  level = "warn"
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(layout.containerd, 'opt'))}
[${images}]
  snapshotter = ${text(snapshotter)}
  [${images}.pinned_images]
    sandbox = ${text(PAUSE_IMAGE)}
  [${images}.registry]
    config_path = ${text(layout.registryHosts)}
[${runtime}]
  # Lowering a score below one's own needs CAP_SYS_RESOURCE, which a machine inside a container may lack.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [${runtime}.containerd]
    default_runtime_name = "runc"
    [${runtime}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${runtime}.containerd.runtimes.runc.options]
        BinaryName = ${text(runc)}
        Root = ${text(join(layout.containerd, 'state', 'runc'))}
        SystemdCgroup = false
  [${runtime}.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = ${text(layout.cniConfig)}
`
}

function writeRegistryHosts(layout: Layout): void {
  const folder = join(layout.registryHosts, REGISTRY_NAME)
  mkdirSync(folder, { recursive: true })
  const server = `http://${NODE_ADDRESS}:${REGISTRY_PORT}`
  const toml = `server = "${server}"\n[host."${server}"]\n  capabilities = ["pull", "resolve", "push"]\n`
  writeFileSync(join(folder, 'hosts.toml'), toml)
}
