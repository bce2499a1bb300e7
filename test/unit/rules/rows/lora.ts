import { rowsOf } from '../row.ts'
import { configMap, tuningWith } from '../sample.ts'

const training = (text: string) => configMap('training', { 'training_config.yaml': text })
const targets = (value: string) => training(`training_config: {LoraConfig: {target_modules: ${value}}}`)
const of = (name: string) => tuningWith({ preset: { name }, config: 'training' })
const AT = 'tuning.config[training_config.yaml].LoraConfig'

export const loraRows = [
  ...rowsOf('training-config.target-modules', [
    {
      when: 'with modules of its fused layers',
      workspace: of('phi-3-mini-4k-instruct'),
      facts: targets('[qkv_proj, o_proj]'),
      at: [],
    },
    { when: 'with modules by their path', workspace: of('phi-4'), facts: targets('[self_attn.qkv_proj]'), at: [] },
    { when: 'with split modules that it has', workspace: of('mistral-7b'), facts: targets('[q_proj, v_proj]'), at: [] },
    { when: 'with all linear modules', workspace: of('phi-4'), facts: targets('all-linear'), at: [] },
    { when: 'with a regular expression', workspace: of('phi-4'), facts: targets("'.*(qkv|o)_proj'"), at: [] },
    { when: 'of which nothing is known', workspace: of('someone/huge'), facts: targets('[anything]'), at: [] },
    {
      when: 'with split names for fused layers, of which one is there',
      workspace: of('phi-3-mini-128k-instruct'),
      facts: targets('[q_proj, k_proj, v_proj, o_proj]'),
      at: [`${AT}.target_modules`],
      says: 'phi-3-mini-128k-instruct has no linear module of the names at 1, 2, 3 in the list to train; write some of [qkv_proj, o_proj, gate_up_proj, down_proj]',
    },
    {
      when: 'with fused names for split layers',
      workspace: of('mistral-7b'),
      facts: targets('[qkv_proj]'),
      at: [`${AT}.target_modules`],
    },
    {
      when: 'with its output head',
      workspace: of('mistral-7b'),
      facts: targets('[q_proj, lm_head]'),
      at: [`${AT}.target_modules`],
      says: 'the trainer takes no lm_head',
    },
    {
      when: 'with one name as a text',
      workspace: of('mistral-7b'),
      facts: targets('q_proj'),
      at: [`${AT}.target_modules`],
      says: 'no path is just one name',
    },
  ]),
  ...rowsOf('training-config.trains-something', [
    {
      when: 'with some layers and modules',
      workspace: of('phi-4'),
      facts: training('training_config: {LoraConfig: {layers_to_transform: [0, 39], exclude_modules: [o_proj]}}'),
      at: [],
    },
    {
      when: 'with a pattern of what to exclude',
      workspace: of('phi-4'),
      facts: training("training_config: {LoraConfig: {exclude_modules: '.*o_proj'}}"),
      at: [],
    },
    {
      when: 'with a layer too many',
      workspace: of('phi-4'),
      facts: training('training_config: {LoraConfig: {layers_to_transform: [1, 40]}}'),
      at: [`${AT}.layers_to_transform`],
      says: 'phi-4 has the layers 0 to 39',
    },
    {
      when: 'with all of its modules excluded',
      workspace: of('phi-4'),
      facts: training(
        'training_config: {LoraConfig: {exclude_modules: [qkv_proj, o_proj, gate_up_proj, down_proj, x]}}',
      ),
      at: [`${AT}.exclude_modules`],
    },
    {
      when: 'with the one that it names excluded',
      workspace: of('phi-4'),
      facts: training('training_config: {LoraConfig: {target_modules: [o_proj], exclude_modules: [o_proj]}}'),
      at: [`${AT}.exclude_modules`],
      says: 'every module that would be trained is excluded',
    },
  ]),
  ...rowsOf('training-config.rank', [
    { when: 'with rank 64', workspace: of('phi-4'), facts: training('training_config: {LoraConfig: {r: 64}}'), at: [] },
    {
      when: 'with rank 128',
      workspace: of('phi-4'),
      facts: training('training_config: {LoraConfig: {r: 128}}'),
      at: [`${AT}.r`],
      says: 'max-lora-rank',
    },
  ]),
]
