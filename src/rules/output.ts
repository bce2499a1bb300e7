import { forbidden, invalid, required } from '#src/lib/field-error.ts'
import { isPlaceholder } from '#src/reading/placeholder.ts'
import { rule } from './rule.ts'

export const outputRules = [
  rule({
    id: 'output.one-destination',
    about: 'The adapter goes to exactly one place: an image or a volume.',
    level: 'error',
    check: ({ tuning }) => {
      if (!tuning) return []
      const { image, volumeSource } = tuning.output ?? {}
      if (Boolean(image) !== Boolean(volumeSource)) return []
      if (image) {
        return [
          forbidden('tuning.output.volumeSource', undefined, 'image and volumeSource are both set', {
            fix: 'keep one of them',
          }),
        ]
      }
      return [
        required('tuning.output.image', 'the adapter has nowhere to go: neither image nor volumeSource is set', {
          fix: 'write for example myacr.azurecr.io/adapters/phi-3:0.0.1',
        }),
      ]
    },
  }),

  rule({
    id: 'output.push-secret',
    about: 'Pushing an image needs imagePushSecret, a Secret of type kubernetes.io/dockerconfigjson.',
    level: 'error',
    check: ({ tuning }) => {
      const output = tuning?.output
      if (!output?.image || output.imagePushSecret) return []
      const registry = output.image.split('/')[0] ?? ''
      const host = registry === '' || isPlaceholder(output.image) ? '<registry>' : registry
      return [
        required('tuning.output.imagePushSecret', 'an image cannot be pushed without credentials', {
          fix: `kubectl create secret docker-registry push-secret --docker-server=${host} --docker-username=… --docker-password=…`,
        }),
      ]
    },
  }),

  rule({
    id: 'output.checkpoints',
    about: 'Where the adapter goes to an image, checkpoints die with the pod: a run whose node goes starts over.',
    level: 'warning',
    check: ({ tuning }) =>
      tuning?.output?.image && !tuning.output.volumeSource
        ? [
            invalid(
              'tuning.output.image',
              tuning.output.image,
              'no checkpoint outlives the pod: if its node goes, training starts over',
              { fix: 'nothing to do for short runs; for long ones write to a volumeSource instead of an image' },
            ),
          ]
        : [],
  }),
]
