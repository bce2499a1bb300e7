import { runCommand } from '../command.ts'
import { BRIDGE, RULE_COMMENT } from './settings.ts'

const KUBERNETES_CHAIN = /^(KUBE-|CNI-)/
const FAMILIES = ['iptables', 'ip6tables']

/** True when chains of some other Kubernetes or CNI are there already: then only our own rules may be removed later. */
export async function hasForeignRules(): Promise<boolean> {
  const { stdout } = await runCommand(['iptables-save'])
  return stdout.split('\n').some((line) => line.startsWith(':') && KUBERNETES_CHAIN.test(line.slice(1)))
}

/** Removes our rules and, unless another Kubernetes shares this machine, every chain of kube-proxy, kubelet and CNI. */
export async function removeRules(sharedWithOthers: boolean): Promise<void> {
  for (const family of FAMILIES) {
    const saved = await runCommand([`${family}-save`])
    const script = removalScript(saved.stdout, sharedWithOthers)
    if (script !== '') await runCommand([`${family}-restore`, '--noflush', '-w'], { input: script })
  }
}

/** Turns the output of iptables-save into an iptables-restore script that takes out our part and nothing else. */
export function removalScript(saved: string, sharedWithOthers: boolean): string {
  return saved
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .map((table) => tableRemoval(table.split('\n'), sharedWithOthers))
    .join('')
}

function tableRemoval(lines: readonly string[], sharedWithOthers: boolean): string {
  const isOurs = (line: string) => line.includes(`--comment ${RULE_COMMENT}`) || line.includes(` ${BRIDGE} `)
  const chains = lines
    .filter((line) => line.startsWith(':'))
    .map((line) => line.slice(1).split(' ')[0] ?? '')
    .filter((chain) => !sharedWithOthers && KUBERNETES_CHAIN.test(chain))
  const doomed = new Set(chains)
  const rules = lines.filter((line) => {
    const [flag, chain = ''] = line.split(' ')
    if (flag !== '-A' || doomed.has(chain)) return false
    const target = /-j (\S+)/.exec(line)?.[1] ?? ''
    return doomed.has(target) || isOurs(line)
  })
  if (doomed.size === 0 && rules.length === 0) return ''
  const deletions = rules.map((line) => line.replace('-A', '-D'))
  // First flush every chain, so that none is still referred to when it is deleted.
  const script = [...deletions, ...chains.map((chain) => `-F ${chain}`), ...chains.map((chain) => `-X ${chain}`)]
  return [lines[0], ...script, 'COMMIT', ''].join('\n')
}
