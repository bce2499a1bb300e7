import type { AdapterSpec } from '#src/api/inference.ts'
import type { Settings } from '#src/api/settings.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import { scaleMessage } from '#src/contract/scale.ts'
import { imageContent } from './image-content.ts'
import { foreignVolume, joinParts, type PodParts, partsOf, stepContainer } from './pod-parts.ts'
import { MAX_ADAPTER_BYTES, scaledVolume } from './room.ts'

/** An adapter as the server is told of it. */
export interface MountedAdapter {
  readonly name: string
  /** Folder with adapter_config.json and adapter_model.safetensors. */
  readonly path: string
}

export interface AdapterParts {
  readonly parts: PodParts
  readonly adapters: readonly MountedAdapter[]
}

/** Every adapter of a Workspace in its serving pod. `pinned` maps a tag reference to the digest known for it. */
export function adapterParts(
  specs: readonly AdapterSpec[],
  settings: Settings,
  imageVolumes: boolean,
  pinned: ReadonlyMap<string, string>,
): AdapterParts {
  const each = specs.map((spec) => oneAdapter(spec, settings, imageVolumes, pinned))
  return {
    parts: joinParts(...each.map((adapter) => adapter.parts)),
    adapters: each.map(({ name, path }) => ({ name, path })),
  }
}

type OneAdapter = MountedAdapter & { readonly parts: PodParts }

function oneAdapter(
  spec: AdapterSpec,
  settings: Settings,
  imageVolumes: boolean,
  pinned: ReadonlyMap<string, string>,
): OneAdapter {
  const name = spec.source?.name ?? ''
  const volumeName = `adapter-${name}`.slice(0, 63)
  const mountPath = `${MOUNT.adapters}/${name}`
  const image = spec.source?.image
  const content =
    image === undefined
      ? partsOf({
          volumes: [foreignVolume(volumeName, spec.source?.volumeSource)],
          mounts: [{ name: volumeName, mountPath, readOnly: true }],
        })
      : imageContent({
          name: volumeName,
          image: pinned.get(image) ?? image,
          mountPath,
          maxBytes: MAX_ADAPTER_BYTES,
          imagePullSecrets: spec.source?.imagePullSecrets ?? [],
          asVolume: imageVolumes,
          settings,
        })
  // KAITO's layout: the files are under /data of an image, but at the root of a volume.
  const path = image === undefined ? mountPath : `${mountPath}/data`
  const strength = Number(spec.strength ?? '1')
  return checked({ name, path, parts: content }, strength, settings)
}

/**
 * A step looks at the adapter and puts into a folder of its own what the server may load of it: a config, with lora_alpha times
 * the strength, and a link to weights that are whole and safetensors. What else lies beside them, such as a pickle that the server
 * would take as well, it never sees.
 */
function checked(adapter: OneAdapter, strength: number, settings: Settings): OneAdapter {
  const volume = `scaled-${adapter.name}`.slice(0, 63)
  const path = `${MOUNT.scaledAdapters}/${adapter.name}`
  const mount = { name: volume, mountPath: path }
  const step = stepContainer(scaleMessage, {
    name: `scale-${adapter.name}`,
    image: settings.images.operator,
    // Linked, not copied: the weights stay in the image volume, which is mounted at the same path in the server.
    spec: { adapters: [{ name: adapter.name, from: adapter.path, out: path, strength }], weights: 'link' },
    mounts: [...adapter.parts.mounts, mount],
  })
  return {
    name: adapter.name,
    path,
    parts: joinParts(
      adapter.parts,
      partsOf({
        volumes: [scaledVolume(volume)],
        initContainers: [step],
        mounts: [{ ...mount, readOnly: true }],
      }),
    ),
  }
}
