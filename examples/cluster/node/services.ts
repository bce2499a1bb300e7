import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Component } from '../api-daemons.ts'
import { httpProbe } from '../probe.ts'
import { registryArgv, registryProbe } from '../registry.ts'
import type { Layout } from './layout.ts'
import { NODE_ADDRESS, NODE_NAME, POD_CIDR } from './settings.ts'
import type { Ports } from './state.ts'

/** kube-scheduler on loopback. */
export const scheduler = (binary: string, kubeconfig: string, port: number): Component => ({
  name: 'kube-scheduler',
  argv: [
    binary,
    `--kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--leader-elect=false',
  ],
  ready: httpProbe(`https://127.0.0.1:${port}/healthz`, { insecure: true }),
})

/** kube-proxy, so that a Service's address works in pods and on the machine itself. */
export const kubeProxy = (binary: string, kubeconfig: string, ports: Ports): Component => ({
  name: 'kube-proxy',
  argv: [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${NODE_NAME}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${POD_CIDR}`,
    // Pods share one bridge: without it an answer would take the short way and arrive from the wrong address.
    '--masquerade-all',
    // The machine's connection tracking limits are its owner's business (and may be read-only).
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0s',
    '--conntrack-tcp-timeout-close-wait=0s',
    `--healthz-bind-address=127.0.0.1:${ports.proxyHealth}`,
    `--metrics-bind-address=127.0.0.1:${ports.proxyMetrics}`,
  ],
  ready: httpProbe(`http://127.0.0.1:${ports.proxyHealth}/healthz`),
})

/** CoreDNS as a process of the machine, on the bridge's address. Names in the hosts file win over everything else. */
export function coredns(binary: string, layout: Layout, kubeconfig: string, healthPort: number): Component {
  const upstream = /^\s*nameserver\s/m.test(readIfThere('/etc/resolv.conf')) ? '  forward . /etc/resolv.conf\n' : ''
  writeFileSync(
    layout.corefile,
    `.:53 {
  bind ${NODE_ADDRESS}
  errors
  health 127.0.0.1:${healthPort}
  hosts ${layout.hostsFile} {
    ttl 5
    reload 1s
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig} kaito
    pods insecure
    ttl 5
    fallthrough in-addr.arpa ip6.arpa
  }
${upstream}  cache 30 {
    disable success cluster.local
    disable denial cluster.local
  }
  loadbalance
}
`,
  )
  return {
    name: 'coredns',
    argv: [binary, `-conf=${layout.corefile}`],
    ready: httpProbe(`http://127.0.0.1:${healthPort}/health`),
  }
}

/** One server of the local registry; two of them share its folder: one on the bridge for pods, one on loopback for the host. */
export const clusterRegistry = (name: string, config: string, address: string): Component => ({
  name,
  argv: registryArgv(config),
  ready: registryProbe(address),
})

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
