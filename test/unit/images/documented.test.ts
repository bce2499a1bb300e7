import { describe, expect, test } from 'vitest'
import { parseOptions } from '#examples/images/options.ts'
import { shellBlocks, shellLines } from '#test/support/doc-commands.ts'

const INSTALL = 'docs/install.md'

describe('docs/install.md', () => {
  test('begins with the way from a checkout to a Workspace', () => {
    const lines = shellBlocks(INSTALL).flatMap((block) => block.trimEnd().split('\n'))
    const programs = lines.map((line) =>
      line
        .replace(/^sed \S+ \S+ \| /, '')
        .split(' ')
        .slice(0, 2)
        .join(' '),
    )
    expect(programs).toEqual(['npm run', 'helm install', 'kubectl apply', 'kubectl get'])
  })

  test('asks `npm run images` only for what it can do', () => {
    const asked = shellLines(INSTALL).flatMap((line) => /^npm run images -- (.*)$/.exec(line)?.[1] ?? [])
    expect(asked.length).toBeGreaterThan(1)
    expect(asked.map((args) => parseOptions(args.split(' '))).filter(({ ok }) => !ok)).toEqual([])
  })
})
