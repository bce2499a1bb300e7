import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { runCommand } from './command.ts'
import { type Progress, silent, withHeartbeat } from './progress.ts'

/** Debian packages the embedded cluster may need, with a file each one brings: looking at the file is faster than asking dpkg. */
export const DEBIAN_PACKAGES = {
  'redis-server': '/usr/bin/redis-server',
  'docker-registry': '/usr/bin/docker-registry',
  'apache2-utils': '/usr/bin/htpasswd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iptables: '/usr/sbin/iptables',
  iproute2: '/bin/ip',
  buildah: '/usr/bin/buildah',
  skopeo: '/usr/bin/skopeo',
  umoci: '/usr/bin/umoci',
  mmdebstrap: '/usr/bin/mmdebstrap',
  'libseccomp-dev': '/usr/include/seccomp.h',
  'pkg-config': '/usr/bin/pkg-config',
  gcc: '/usr/bin/gcc',
  'libc6-dev': '/usr/include/stdio.h',
  conntrack: '/usr/sbin/conntrack',
  socat: '/usr/bin/socat',
  openssl: '/usr/bin/openssl',
  python3: '/usr/bin/python3',
  'python3-pip': '/usr/bin/pip3',
  unzip: '/usr/bin/unzip',
  'util-linux': '/usr/bin/setpriv',
} as const
export type DebianPackage = keyof typeof DEBIAN_PACKAGES

/** Installs the missing ones of these packages in one step. Rejects with what to do when that is not possible. */
export async function ensureDebianPackages(
  names: readonly DebianPackage[],
  progress: Progress = silent,
): Promise<void> {
  const missing = names.filter((name) => !existsSync(DEBIAN_PACKAGES[name]))
  if (missing.length === 0) return
  const byHand = `install them yourself: apt-get install ${missing.join(' ')}`
  if (!existsSync('/usr/bin/apt-get')) throw new Error(`missing programs and no apt-get here; ${byHand}`)
  if (process.getuid?.() !== 0) throw new Error(`missing Debian packages and not root; ${byHand}`)
  progress(`installing Debian packages: ${missing.join(' ')}`)
  await withHeartbeat(progress, 'installing packages', () => install(missing, byHand))
}

async function install(missing: readonly string[], byHand: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const argv = ['apt-get', 'install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...missing]
  // Packages that bring a service would start it, on a port of its own; a policy answering 101 forbids that.
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const first = await runCommand(argv, { env })
    if (first.code === 0) return
    await runCommand(['apt-get', 'update'], { env })
    const second = await runCommand(argv, { env })
    if (second.code !== 0) throw new Error(`apt-get failed; ${byHand}\n${second.stderr.trim().slice(-2000)}`)
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}
