import { stringify } from 'yaml'
import { CONDITION, REASON } from '#src/api/conditions.ts'
import { workspaceCrd } from '#src/api/crd.ts'
import { rulesMarkdown } from '#src/rules/document.ts'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'
import { type MetricDefinition, metricList } from '#src/telemetry/metric-list.ts'
import { trainingConfigMarkdown } from '#src/tuning/training-document.ts'

import { catalogPage } from './catalog-list.ts'
import { valuesFile, valuesSchema } from './chart-settings.ts'
import { webhooksTemplate } from './chart-webhooks.ts'
import { contractPython } from './contract-python.ts'
import { stepsPage } from './steps-table.ts'

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string
  readonly content: string
}

const HEAD = '# Generated from src/api by `npm run generate`. Do not edit.\n'

/** Every file that is printed from code, with its content now. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const crd = HEAD + stringify(workspaceCrd(), { lineWidth: 0, aliasDuplicateObjects: false })
  return [
    { path: 'crds/kaito.sh_workspaces.yaml', content: crd },
    { path: 'charts/kaito-ts/files/workspaces.yaml', content: crd },
    { path: 'docs/rules.md', content: rulesMarkdown(WORKSPACE_RULES) },
    { path: 'docs/training-config.md', content: trainingConfigMarkdown() },
    stepsPage(),
    valuesSchema(),
    valuesFile(),
    webhooksTemplate(),
    catalogPage(),
    { path: 'jobs/trainer/contract.py', content: contractPython() },
    { path: 'docs/conditions.md', content: conditionsMarkdown() },
    { path: 'docs/metrics.md', content: metricsMarkdown() },
  ]
}

const conditionsMarkdown = () =>
  [
    '# Conditions and reasons',
    '',
    'Generated from `src/api/conditions.ts`. Every condition carries `observedGeneration`.',
    '',
    `Condition types: ${Object.values(CONDITION)
      .map((type) => `\`${type}\``)
      .join(', ')}.`,
    '',
    ...table(['reason', 'what it tells'], Object.entries(REASON)),
    '',
  ].join('\n')

const metricsMarkdown = () =>
  [
    '# Metrics',
    '',
    'Generated from `src/telemetry/metric-list.ts`; served by each operator pod at `:8081/metrics`. With the Prometheus Operator,',
    '`metrics.serviceMonitor.enabled=true` of the chart has them scraped.',
    '',
    ...table(
      ['metric', 'kind', 'labels', 'what it tells'],
      Object.values<MetricDefinition>(metricList).map(({ name, kind, labels, help }) => [
        `\`${name}\``,
        kind,
        labelsInWords(labels),
        help,
      ]),
    ),
    '',
  ].join('\n')

/** `outcome (done, failed)` where the values are known. */
const labelsInWords = (labels: MetricDefinition['labels']) =>
  Object.entries(labels)
    .map(([label, values]) => (values === undefined ? label : `${label} (${values.join(', ')})`))
    .join(', ')

const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
]
