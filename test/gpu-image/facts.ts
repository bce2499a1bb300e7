/** What `judge.py` prints. */
export interface ImageFacts {
  readonly versions: Readonly<Record<string, string>>
  /** Path of the compiled helper that a run would load; begins with `failed:` when there is none. */
  readonly helper: string
  readonly kernels: readonly KernelVerdict[]
  readonly binaries: readonly BinaryCode[]
}

export interface KernelVerdict {
  readonly kernel: string
  readonly dtype: string
  readonly capability: number
  /** Size of the machine code, or why there is none. */
  readonly bytes?: number
  readonly error?: string
}

export interface BinaryCode {
  readonly library: string
  readonly file: string
  /** Capabilities with machine code and with portable code: `8.0`, `9.0a`. */
  readonly sm: readonly string[]
  readonly ptx: readonly string[]
}

/**
 * Whether a binary runs on a GPU: machine code of the same major version and no newer minor one, or portable code that is
 * no newer. Code of one architecture only (`9.0a`) runs on exactly that. Source: CUDA C++ programming guide, "Binary
 * compatibility" and "PTX compatibility".
 */
export function hasCodeFor(code: Pick<BinaryCode, 'sm' | 'ptx'>, capability: number): boolean {
  const fits = (name: string) => {
    const built = Number.parseFloat(name)
    return /[af]$/.test(name)
      ? built === capability
      : Math.floor(built) === Math.floor(capability) && built <= capability
  }
  return code.sm.some(fits) || code.ptx.some((name) => !/[af]$/.test(name) && Number.parseFloat(name) <= capability)
}

/** Everything that would stop a run on a GPU that the catalog offers; empty when all is well. */
export function faultsOf(facts: ImageFacts, offered: readonly number[]): string[] {
  const faults: string[] = []
  if (!facts.helper.startsWith('/')) faults.push(`Triton's helper is not there: ${facts.helper}`)
  for (const library of ['torch', 'bitsandbytes', 'vllm'])
    if (!facts.binaries.some((binary) => binary.library === library)) faults.push(`no binary of ${library} was found`)
  for (const { kernel, dtype, capability, error } of facts.kernels)
    if (error !== undefined && offered.includes(capability))
      faults.push(`${kernel} in ${dtype} for ${capability.toFixed(1)}: ${error}`)
  for (const { library, file, ...code } of facts.binaries)
    for (const capability of offered)
      if (!hasCodeFor(code, capability)) faults.push(`${file} of ${library} has no code for ${capability.toFixed(1)}`)
  return faults
}
