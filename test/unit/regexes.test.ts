import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkSync } from 'recheck'
import { describe, expect, it } from 'vitest'
import { type RegexLiteral, regexLiterals } from '#test/support/regex-literals.ts'

const ROOT = join(import.meta.dirname, '../..')

/**
 * Expressions that the checker cannot judge, each with why a long text cannot make it slow: counted repeats make its automaton
 * too large. Nothing that it calls vulnerable may stand here.
 */
const REVIEWED: Readonly<Record<string, string>> = {
  '\\b(Bearer|Basic)\\s+[A-Za-z0-9._~+/=-]{8,}': 'blanks and token characters are disjoint; linear with + for {8,}',
  '(?<![\\w-])eyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]*': 'begins at most once in each run of token characters',
  '\\b([a-z][a-z0-9+.-]{0,15}:\\/\\/)[^\\s/@"\']{1,256}@': 'looks at no more than 272 characters from any place',
  '\\b(hf_|gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}': 'begins at most once in each run; linear with + for {16,}',
  '([?&](sig|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|token)=)[^&\\s"\'\\\\]+':
    'ends before the next character that it can begin with; linear with two names',
  '-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\\\\\s]*(-----END [A-Z ]*PRIVATE KEY-----)?':
    'linear, given seven seconds',
  '^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$':
    'anchored, a dot between the repeats; linear with * for {0,61}',
  '_here(?![a-z0-9])|<[^<>]+>': 'no repeat before the look ahead; <…> ends before the next <',
  '\\/(\\d+)(?=\\/|$)': 'begins at each slash and ends before the next',
  '^\\s*(?:[-?:]\\s+){17}': 'anchored, and each repeat begins with a character that no blank is',
}

const literals = globSync('{src,webhooks,jobs,certs}/**/*.ts', { cwd: ROOT }).flatMap((file) =>
  regexLiterals(join(ROOT, file)),
)

describe('regular expressions', () => {
  it('are found', () => {
    expect(literals.length).toBeGreaterThan(50)
    for (const source of Object.keys(REVIEWED)) expect(literals.map((each) => each.source)).toContain(source)
  })

  it('take time in proportion to the text, whatever the text', { timeout: 240_000 }, () => {
    expect(literals.filter(({ source }) => !(source in REVIEWED)).flatMap(verdict)).toEqual([])
  })

  it('of which one is quadratic would be noticed', () => {
    expect(verdict({ file: join(ROOT, 'x.ts'), line: 1, source: 'a+$', flags: '' })).toHaveLength(1)
  })
})

/** Text of our own words only (file, line, source) where the checker finds an attack, or gives up. */
function verdict({ file, line, source, flags }: RegexLiteral): string[] {
  const { status } = checkSync(source, flags, { timeout: 30_000 })
  return status === 'safe' ? [] : [`${relative(ROOT, file)}:${line}: /${source}/ is ${status}`]
}
