import { describe, expect, it } from 'vitest'
import { rulesMarkdown } from '#src/rules/document.ts'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'

describe('docs/rules.md', () => {
  const text = rulesMarkdown(WORKSPACE_RULES)

  it('has one line for every rule, with its level and sentence', () => {
    for (const { id, level, about } of WORKSPACE_RULES) {
      expect(
        text.split('\n').filter((line) => line === `| \`${id}\` | ${level} | ${about.replaceAll('<', '&lt;')} |`),
      ).toHaveLength(1)
    }
  })

  it('has nothing but the rules in its tables', () => {
    expect(text.match(/^\| `/gm)).toHaveLength(WORKSPACE_RULES.length)
  })
})
