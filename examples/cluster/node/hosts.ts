import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Layout } from './layout.ts'
import { NODE_ADDRESS, REGISTRY_HOST } from './settings.ts'

/** Names every pod resolves to the machine itself unless told otherwise. */
const OWN_NAMES = { [REGISTRY_HOST]: NODE_ADDRESS, 'datasets.kaito.local': NODE_ADDRESS }

/** Makes every pod resolve these names to these addresses, beside those set before. CoreDNS rereads its file within a second. */
export function setHosts(layout: Layout, hosts: Readonly<Record<string, string>>): void {
  const before = existsSync(layout.hostsFile) ? parse(readFileSync(layout.hostsFile, 'utf8')) : {}
  const all = Object.entries({ ...OWN_NAMES, ...before, ...hosts })
  writeFileSync(layout.hostsFile, all.map(([name, address]) => `${address} ${name}\n`).join(''))
}

function parse(text: string): Record<string, string> {
  const pairs = text.split('\n').map((line) => line.trim().split(/\s+/))
  return Object.fromEntries(pairs.flatMap(([address, name]) => (address && name ? [[name, address]] : [])))
}
