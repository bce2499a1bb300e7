import { findPreset } from '#src/catalog/catalog.ts'
import { isHubId, liveNames } from '#src/catalog/resolve.ts'
import { forbidden, notSupported, required } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { presetUses } from '#src/reading/mentions.ts'
import { rule } from './rule.ts'

export const presetRules = [
  rule({
    id: 'preset.known',
    about:
      'The preset is in the catalog, under its name or an alias; to serve (not to tune), any Hugging Face id will do.',
    level: 'error',
    check: (workspace, { catalog }) =>
      presetUses(workspace).flatMap(({ path, preset, purpose }) => {
        if (findPreset(catalog, preset.name)) return []
        if (purpose === 'inference' && isHubId(preset.name)) return []
        const hint = didYouMean(preset.name, liveNames[purpose](catalog), 'see docs/catalog.md for the list')
        return [notSupported(`${path}.name`, preset.name, 'no preset has this name', { fix: hint })]
      }),
  }),

  rule({
    id: 'preset.retired',
    about: 'A preset that was withdrawn is refused, with the reason and what to use instead.',
    level: 'error',
    check: (workspace, { catalog }) =>
      presetUses(workspace).flatMap(({ path, preset }) => {
        const retired = findPreset(catalog, preset.name)?.retired
        if (!retired) return []
        const rest = retired.use === undefined ? {} : { fix: `use ${JSON.stringify(retired.use)}` }
        return [notSupported(`${path}.name`, preset.name, `this preset was withdrawn: ${retired.reason}`, rest)]
      }),
  }),

  rule({
    id: 'preset.uncatalogued',
    about:
      'A Hugging Face id that the catalog does not have is served as it is: its memory need is unknown, so it is not checked.',
    level: 'warning',
    check: (workspace, { catalog }) =>
      presetUses(workspace).flatMap(({ path, preset, purpose }) =>
        purpose === 'tuning' || findPreset(catalog, preset.name) || !isHubId(preset.name)
          ? []
          : [
              notSupported(
                `${path}.name`,
                preset.name,
                'this model is not in the catalog, so nothing about it was checked',
                {
                  fix: 'check the spelling, or have it added to the catalog',
                },
              ),
            ],
      ),
  }),

  rule({
    id: 'preset.private-image',
    about: 'accessMode private means that the weights come from your own image, so presetOptions.image names it.',
    level: 'error',
    check: (workspace) =>
      presetUses(workspace).flatMap(({ path, preset }) =>
        preset.accessMode === 'private' && !preset.presetOptions?.image
          ? [
              required(`${path}.presetOptions.image`, 'accessMode is private, but no image is named', {
                fix: 'name the image that holds the weights under /model, or remove accessMode',
              }),
            ]
          : [],
      ),
  }),

  rule({
    id: 'preset.public-image',
    about: 'presetOptions.image is used whatever accessMode says, so a Workspace that names one says private.',
    level: 'warning',
    check: (workspace) =>
      presetUses(workspace).flatMap(({ path, preset }) =>
        preset.presetOptions?.image && preset.accessMode !== 'private'
          ? [
              forbidden(
                `${path}.presetOptions.image`,
                preset.presetOptions.image,
                'the weights come from this image, although accessMode says public',
                {
                  fix: `set ${path}.accessMode: private`,
                },
              ),
            ]
          : [],
      ),
  }),

  rule({
    id: 'preset.gated-secret',
    about: 'A gated model is downloaded with a token, so modelAccessSecret names the Secret that holds it.',
    level: 'error',
    check: (workspace, { catalog }) =>
      presetUses(workspace).flatMap(({ path, preset }) => {
        const entry = findPreset(catalog, preset.name)
        const ownImage = preset.presetOptions?.image || (entry && 'image' in entry.weights)
        if (!entry?.gated || ownImage || preset.presetOptions?.modelAccessSecret) return []
        return [
          required(
            `${path}.presetOptions.modelAccessSecret`,
            `${entry.name} is gated: its licence must be accepted first`,
            {
              fix: 'name a Secret of this namespace that holds your Hugging Face token under the key HF_TOKEN',
            },
          ),
        ]
      }),
  }),
]
