import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runCommand } from '../command.ts'
import { hasForeignRules, removeRules } from './firewall.ts'
import type { Layout } from './layout.ts'
import { BRIDGE, FIRST_POD_ADDRESS, NODE_ADDRESS, POD_CIDR, RULE_COMMENT, SERVICE_CIDR } from './settings.ts'
import type { ClusterState } from './state.ts'

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward'
const BRIDGE_RULES = [
  ['FORWARD', '-i', BRIDGE],
  ['FORWARD', '-o', BRIDGE],
  ['INPUT', '-i', BRIDGE],
]

/** Makes the bridge, forwarding, firewall openings and the CNI configuration. Safe to repeat. Notes in state what to put back. */
export async function setUpNetwork(layout: Layout, state: ClusterState): Promise<void> {
  refuseSecondCluster(layout)
  if (state.network === undefined) {
    const foreignRules = await hasForeignRules()
    state.network = { ipForward: readFileSync(IP_FORWARD, 'utf8').trim(), foreignRules }
  }
  if (!existsSync(`/sys/class/net/${BRIDGE}`)) await mustRun(['ip', 'link', 'add', BRIDGE, 'type', 'bridge'])
  await mustRun(['ip', 'link', 'set', BRIDGE, 'alias', layout.dir])
  await mustRun(['ip', 'address', 'replace', `${NODE_ADDRESS}/24`, 'dev', BRIDGE])
  await mustRun(['ip', 'link', 'set', BRIDGE, 'up'])
  // Lets the machine itself reach ClusterIPs even where it has no default route.
  await mustRun(['ip', 'route', 'replace', SERVICE_CIDR, 'dev', BRIDGE])
  writeFileSync(IP_FORWARD, '1')
  for (const [chain = '', ...match] of BRIDGE_RULES) {
    const rule = [...match, '-m', 'comment', '--comment', RULE_COMMENT, '-j', 'ACCEPT']
    const present = await runCommand(['iptables', '-w', '-C', chain, ...rule])
    if (present.code !== 0) await mustRun(['iptables', '-w', '-I', chain, ...rule])
  }
  writeCniConfig(layout)
}

/** The bridge carries the name of the folder whose cluster it belongs to: addresses, cgroups and rules are for one cluster only. */
function refuseSecondCluster(layout: Layout): void {
  const owner = bridgeOwner()
  if (owner === '' || owner === layout.dir) return
  throw new Error(
    `the cluster in ${owner} runs on this machine, and there can be one only; end it: node examples/cluster/main.ts down --dir ${owner}`,
  )
}

/** True when this folder's cluster has, or may have, changed the machine's network. */
export const ownsNetwork = (layout: Layout, state: ClusterState): boolean => {
  const owner = bridgeOwner()
  return owner === layout.dir || (owner === '' && state.network !== undefined)
}

function bridgeOwner(): string {
  const alias = `/sys/class/net/${BRIDGE}/ifalias`
  return existsSync(alias) ? readFileSync(alias, 'utf8').trim() : ''
}

/** Undoes setUpNetwork and what kube-proxy, the kubelet and the CNI plugins added. */
export async function tearDownNetwork(layout: Layout, state: ClusterState): Promise<void> {
  await runCommand(['ip', 'link', 'delete', BRIDGE])
  await removeRules(state.network?.foreignRules ?? false)
  if (state.network?.ipForward === '0') writeFileSync(IP_FORWARD, '0')
  delete state.network
  rmSync(layout.cniData, { recursive: true, force: true })
}

function writeCniConfig(layout: Layout): void {
  mkdirSync(layout.cniConfig, { recursive: true })
  const ipam = {
    type: 'host-local',
    dataDir: layout.cniData,
    ranges: [[{ subnet: POD_CIDR, rangeStart: FIRST_POD_ADDRESS, gateway: NODE_ADDRESS }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  const bridge = {
    type: 'bridge',
    bridge: BRIDGE,
    mtu: outsideMtu(),
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam,
  }
  const portmap = { type: 'portmap', capabilities: { portMappings: true } }
  const list = { cniVersion: '1.0.0', name: BRIDGE, plugins: [bridge, portmap] }
  writeFileSync(join(layout.cniConfig, '10-kaito.conflist'), JSON.stringify(list, null, 2))
}

/** The MTU of the interface with the default route: pods that assume more lose their larger packets on the way out. */
function outsideMtu(): number {
  const routes = readFileSync('/proc/net/route', 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
  const outside = routes.find(([, destination]) => destination === '00000000')?.[0]
  return outside === undefined ? 1500 : Number(readFileSync(`/sys/class/net/${outside}/mtu`, 'utf8'))
}
