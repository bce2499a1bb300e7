import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { settingsSchema } from '#src/api/settings.ts'
import { loadConfig, parseSettings } from '#src/config.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

const dir = mkdtempSync(join(tmpdir(), 'kaito-config-'))
afterAll(() => rmSync(dir, { recursive: true }))

const file = (text: string) => {
  const path = join(dir, 'settings.yaml')
  writeFileSync(path, text)
  return path
}

describe('settings', () => {
  it('are all defaults when the file is empty', () => {
    const nodeClass = { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'default' }
    expect(parseSettings('')).toMatchObject({ cloud: 'azure', nodeClass, insecureRegistries: [] })
    expect(parseSettings('# nothing yet\n---\n{}')).toEqual(DEFAULT_SETTINGS)
    expect(parseSettings('nodeClass:\nimageVolumes: ~')).toEqual(DEFAULT_SETTINGS)
  })

  it('have a default for each field but the catalog', () => {
    const withDefault = Object.entries(settingsSchema.properties).filter(([, schema]) => 'default' in schema)
    expect(Object.keys(settingsSchema.properties)).toEqual([...withDefault.map(([name]) => name), 'catalog'])
  })

  it('keep the defaults of a group of which one is set', () => {
    const settings = parseSettings('images: {trainer: registry.example.com/trainer:1}')
    expect(settings.images).toEqual({ ...DEFAULT_SETTINGS.images, trainer: 'registry.example.com/trainer:1' })
  })

  it('take the address of Redis from outside, because it may hold a password', () => {
    expect(parseSettings('redisUrl: redis://a:1', 'redis://:secret@b:2').redisUrl).toBe('redis://:secret@b:2')
  })

  it('accept the defaults that the chart writes', () => {
    const values = parse(readFileSync(join(import.meta.dirname, '../../../charts/kaito-ts/values.yaml'), 'utf8'))
    const { catalog: _, images, ...settings } = values.settings
    const named = Object.fromEntries(Object.entries(images).map(([name, image]) => [name, image || 'image']))
    expect(() => parseSettings(stringify({ ...settings, images: named }))).not.toThrow()
  })

  it.for<[string, string, RegExp]>([
    ['a list', '- a', /not a YAML mapping/],
    ['no YAML', 'a: [', /./],
    ['a bomb of aliases', 'a: &a [x]\nb: [*a, *a]', /alias/i],
    ['an unknown cloud, and names the known ones', 'cloud: moon', /settings\.cloud .*"azure","aws","arc"/],
    ['a misspelt setting, by its name', 'nodeProvisoner: byo', /settings: there is no setting "nodeProvisoner"/],
    ['a misspelt setting of a group', 'images: {trianer: x}', /settings\.images: there is no setting "trianer"/],
    ['a text where a group belongs', 'images: trainer:1', /settings\.images must be object/],
    ['a list where a group belongs', 'webhook: [9443]', /settings\.webhook must be object/],
    ['a number too small', 'tuningDeadlineSeconds: 5', /settings\.tuningDeadlineSeconds must be >= 60/],
    ['a text for a number', 'tuningConcurrency: many', /settings\.tuningConcurrency must be integer/],
  ])('refuse %s', ([, text, want]) => {
    expect(() => parseSettings(text)).toThrow(want)
  })

  it('name every problem at once', () => {
    expect(() => parseSettings('cloud: moon\ntuningConcurrency: 0')).toThrow(/cloud.*; .*tuningConcurrency/)
  })
})

describe('the configuration', () => {
  it('is read from a file and the environment', () => {
    const config = loadConfig(file('cloud: aws'), {
      POD_NAME: 'operator-1',
      POD_NAMESPACE: 'kaito',
      KAITO_HEALTH_PORT: '9000',
      KAITO_LOG_LEVEL: 'debug',
      KAITO_KUBECONFIG: '/kubeconfig',
    })
    expect(config.settings.cloud).toBe('aws')
    expect(config).toMatchObject({
      instance: 'operator-1',
      namespace: 'kaito',
      healthPort: 9000,
      logLevel: 'debug',
      kubeconfig: '/kubeconfig',
    })
  })

  it('works without a file or an environment', () => {
    expect(loadConfig(undefined, {})).toMatchObject({ namespace: 'kaito-system', healthPort: 8081, logLevel: 'info' })
  })

  it('refuses a health port that is none', () => {
    for (const port of ['http', '70000', '1.5']) {
      expect(() => loadConfig(undefined, { KAITO_HEALTH_PORT: port })).toThrow('KAITO_HEALTH_PORT')
    }
  })

  it('lays the catalog of the settings over the built-in one', () => {
    const text =
      'catalog: {presets: [{name: phi-3-mini-128k-instruct, weights: {image: "registry.example.com/phi-3:1"}}]}'
    const preset = loadConfig(file(text), {}).catalog.presets.find(({ name }) => name === 'phi-3-mini-128k-instruct')
    expect(preset?.weights).toEqual({ image: 'registry.example.com/phi-3:1' })
  })

  it.for<[string, string, RegExp]>([
    ['a misspelt key in it', 'catalog: {preset: []}', /settings\.catalog: there is no setting "preset"/],
    ['a preset without a name', 'catalog: {presets: [{weightsGiB: 3}]}', /settings\.catalog\.presets\.0 must have/],
  ])('refuses a catalog with %s', ([, text, want]) => {
    expect(() => loadConfig(file(text), {})).toThrow(want)
  })

  it('says which file it could not read', () => {
    expect(() => loadConfig(join(dir, 'none.yaml'), {})).toThrow('none.yaml')
  })
})
