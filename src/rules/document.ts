import type { Rule } from './rule.ts'

/** docs/rules.md: every rule with its id, level and sentence, by area, in the order they run. */
export function rulesMarkdown(rules: readonly Rule[]): string {
  const areas = Map.groupBy(rules, (rule) => rule.id.split('.')[0] ?? '')
  const sections = [...areas].map(([area, members]) =>
    [`## ${area}`, '', '| rule | | what must hold |', '|---|---|---|', ...members.map(row), ''].join('\n'),
  )
  const errors = rules.filter((rule) => rule.level === 'error').length
  return [
    '# Rules of a Workspace',
    '',
    '<!-- Generated from src/rules by `npm run generate`. Do not edit. -->',
    '',
    `${rules.length} rules: ${errors} refuse a Workspace (error), ${rules.length - errors} only warn. All of them run on every`,
    'create and update, and everything they find is reported at once. On an update, what was wrong before and has not',
    'changed is only warned of. The id in brackets at the end of each message is the one in the first column.',
    "(`workspace.shape` is no rule: it says that the installed CRD let something through that this version's would not.)",
    '',
    ...sections,
  ].join('\n')
}

const row = (rule: Rule) =>
  `| \`${rule.id}\` | ${rule.level} | ${rule.about.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`
