import { LIMIT } from './limits.ts'
import { listOf, object, open, optional, type Static, text } from './schema-kit.ts'

export const dataSourceSchema = object(
  {
    name: optional(
      text({
        maxLength: LIMIT.name,
        description: 'Name of the data; for an adapter, the model name it is served under.',
      }),
    ),
    urls: optional(
      listOf(text({ maxLength: LIMIT.url }), {
        maxItems: LIMIT.urls,
        description: 'http(s) addresses of the files. All of them are used.',
      }),
    ),
    volumeSource: optional(open({ description: 'A Kubernetes volume source that holds the data.' })),
    image: optional(text({ maxLength: LIMIT.image, description: 'OCI image that holds the data under /data.' })),
    imagePullSecrets: optional(
      listOf(text({ maxLength: LIMIT.name }), {
        maxItems: LIMIT.pullSecrets,
        description: 'Secrets (same namespace) to pull the image with.',
      }),
    ),
  },
  { description: 'Where data comes from: exactly one of urls, image, volumeSource.' },
)

export const dataDestinationSchema = object(
  {
    volumeSource: optional(
      open({
        description:
          'A Kubernetes volume source to write the adapter to. Beside an image it also keeps checkpoints, and the adapter until it is pushed.',
      }),
    ),
    image: optional(
      text({
        maxLength: LIMIT.image,
        description: 'OCI image to push the adapter as, e.g. myacr.azurecr.io/adapters/phi-3:0.0.1.',
      }),
    ),
    imagePushSecret: optional(
      text({
        maxLength: LIMIT.name,
        description: 'Secret (same namespace, type kubernetes.io/dockerconfigjson) to push the image with.',
      }),
    ),
  },
  { description: 'Where the adapter goes: an image, a volumeSource, or an image by way of a volumeSource.' },
)

export type DataSource = Static<typeof dataSourceSchema>
