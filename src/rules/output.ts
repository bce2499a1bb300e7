import { lasts } from '#src/api/lasting-volume.ts'
import { invalid, required } from '#src/lib/field-error.ts'
import { isPlaceholder } from '#src/reading/placeholder.ts'
import { rule } from './rule.ts'

export const outputRules = [
  rule({
    id: 'output.destination',
    about:
      'The adapter goes to an image, to a volume, or to an image by way of a volume, which then keeps checkpoints too.',
    level: 'error',
    check: ({ tuning }) => {
      if (!tuning) return []
      const { image, volumeSource } = tuning.output ?? {}
      if (image || volumeSource) return []
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
    about:
      'Where the adapter goes to an image, checkpoints die with the pod, unless a volume is named beside it or settings.tuningVolume makes one: a run whose node goes starts over, and so does one whose push fails.',
    level: 'warning',
    check: ({ tuning }, { policy }) => {
      const { image, volumeSource } = tuning?.output ?? {}
      if (!image || policy.tuningVolumes || lasts(volumeSource)) return []
      return [
        invalid(
          'tuning.output.image',
          image,
          'no checkpoint outlives the pod: if its node goes or the push fails, training starts over',
          { fix: 'nothing to do for short runs; for long ones name a tuning.output.volumeSource beside the image' },
        ),
      ]
    },
  }),
]
