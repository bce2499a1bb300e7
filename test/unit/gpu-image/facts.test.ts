import { describe, expect, it } from 'vitest'
import { faultsOf, hasCodeFor, type ImageFacts } from '../../gpu-image/facts.ts'
import { gpuPage } from '../../gpu-image/report.ts'

const binary = (library: string, sm: string[], ptx: string[] = []) => ({ library, file: `lib${library}.so`, sm, ptx })

const good: ImageFacts = {
  versions: { torch: '2.13.0' },
  helper: '/opt/compiled-helper/cuda_utils-0.so',
  kernels: [{ kernel: '_forward_kernel', dtype: 'bf16', capability: 8, bytes: 9000 }],
  binaries: [binary('torch', ['8.0']), binary('bitsandbytes', ['8.0']), binary('vllm', ['7.5'], ['8.0'])],
}

describe('code for a GPU', () => {
  it.each([
    [{ sm: ['8.0'], ptx: [] }, 8.9, true],
    [{ sm: ['8.6'], ptx: [] }, 8, false],
    [{ sm: ['8.0'], ptx: [] }, 9, false],
    [{ sm: ['7.5'], ptx: ['8.0'] }, 12, true],
    [{ sm: ['7.5'], ptx: ['8.0'] }, 7, false],
    [{ sm: ['9.0a'], ptx: [] }, 9, true],
    [{ sm: [], ptx: ['9.0a'] }, 10, false],
    [{ sm: [], ptx: [] }, 8, false],
  ])('%j on %d: %s', (code, capability, runs) => {
    expect(hasCodeFor(code, capability)).toBe(runs)
  })
})

describe('faults of the GPU images', () => {
  it('finds none in images that have everything', () => expect(faultsOf(good, [8, 8.6])).toEqual([]))

  it('names a helper that is missing', () => {
    expect(faultsOf({ ...good, helper: 'failed: no compiler' }, [8])).toEqual([
      "Triton's helper is not there: failed: no compiler",
    ])
  })

  it('names a kernel that does not compile for a GPU that is sold, and no other', () => {
    const kernels = [8, 5.2].map((capability) => ({ kernel: 'k', dtype: 'bf16', capability, error: 'ptxas' }))
    expect(faultsOf({ ...good, kernels }, [8])).toEqual(['k in bf16 for 8.0: ptxas'])
  })

  it('names a library without code for a GPU, and one that was not found', () => {
    const binaries = [binary('torch', ['8.0']), binary('bitsandbytes', ['9.0'])]
    expect(faultsOf({ ...good, binaries }, [8])).toEqual([
      'no binary of vllm was found',
      'libbitsandbytes.so of bitsandbytes has no code for 8.0',
    ])
  })

  it('says them on the page', () => {
    const page = gpuPage({
      facts: { ...good, helper: 'failed: x' },
      machine: ['- date: today'],
      offered: [8],
      retired: [7],
      gpus: new Map([[8, ['NVIDIA A100']]]),
    })
    expect(page).toContain('**Last run:** 1 fault\n')
    expect(page).toContain('| 8.0 | NVIDIA A100 | yes (9 KiB) | - | - | yes | yes | yes | yes |')
    expect(page).toContain('| 7.0 |  | - | - | - | no | no | no | with a warning: no longer sold |')
  })
})
