import type { Row } from '#test/unit/rules/row.ts'
import { rowsOf } from '#test/unit/rules/row.ts'
import { RULE_ROWS } from '#test/unit/rules/rows/index.ts'
import { aws, configMap, from, pushed, serving, servingWith, tuningWith } from '#test/unit/rules/sample.ts'

const URLS = ['https://example.com/data.parquet']
const templated = (image: string) => ({
  ...serving,
  inference: { template: { spec: { containers: [{ name: 'server', image }] } } },
})

/** Through the API server the defaulting webhook chooses a type first, unless neither model nor cloud suggests one. */
const nothingToChoose: Partial<Row> = {
  when: 'that names none for a model of unknown size on AWS',
  workspace: { ...servingWith({ preset: { name: 'someone/model' } }), resource: { labelSelector: {} } },
  facts: aws,
}

/** Where a rule's own rows, which need only please that rule, are refused by the others: one that pleases all of them. */
const admittedRows = [
  ...rowsOf('inference.template-extras', [
    { when: 'with a template that runs', workspace: templated('a.io/b:1'), at: [] },
  ]),
  ...rowsOf('image.reference', [{ when: 'with an image and its tag', workspace: pushed('a.io/b:1'), at: [] }]),
  ...rowsOf('config.name', [
    {
      when: 'with a ConfigMap that is there',
      workspace: tuningWith({ config: 'training' }),
      facts: configMap('training', { 'training_config.yaml': 'training_config: {}' }),
      at: [],
    },
  ]),
  ...rowsOf('immutable.model-kind', [
    {
      when: 'whose template runs another image',
      workspace: templated('a.io/b:2'),
      facts: from(templated('a.io/b:1')),
      at: [],
    },
  ]),
  ...rowsOf('immutable.input-name', [
    {
      when: 'whose data keeps its name',
      workspace: tuningWith({ input: { name: 'a', urls: [...URLS, 'https://example.com/more.parquet'] } }),
      facts: from(tuningWith({ input: { name: 'a', urls: URLS } })),
      at: [],
    },
  ]),
]

/** The rows that each rule is tested with alone, for the way through a real API server. */
export const ROWS: readonly Row[] = [...RULE_ROWS, ...admittedRows].map((row) =>
  row.rule === 'instance.required' && row.says === 'none could be chosen' ? { ...row, ...nothingToChoose } : row,
)
