import { isMap, parseDocument } from 'yaml'
import type { ImageName } from './recipes.ts'

/** Where the chart takes each image from, as docs/install.md says too. */
const PLACE: Readonly<Record<ImageName, readonly string[]>> = {
  operator: ['image', 'reference'],
  redis: ['redis', 'image', 'reference'],
  trainer: ['settings', 'images', 'trainer'],
  server: ['settings', 'images', 'server'],
}

const HEADING = ' Images of kaito-ts, written by `npm run images`: helm install … --values THIS-FILE\n'

/**
 * A values file with these images in it; everything else that is in the text stays. Throws, with what to do, where it is no
 * values file that they could stand in.
 */
export function withImages(text: string, references: ReadonlyMap<ImageName, string>): string {
  const document = parseDocument(text)
  const [fault] = document.errors
  if (fault !== undefined) throw new Error(`it is no YAML: ${fault.message.split('\n', 1).join('')}`)
  if (document.contents === null) document.commentBefore = HEADING.trimEnd()
  else if (!isMap(document.contents)) throw new Error('it is no values file: at its top there are no fields')
  if (document.get('imageRegistry')) {
    throw new Error('it sets imageRegistry, which would redirect these images once more: take that line out')
  }
  for (const [name, reference] of references) {
    const path = PLACE[name]
    for (let length = 1; length < path.length; length++) {
      const above = path.slice(0, length)
      if (document.getIn(above) === null) document.deleteIn(above)
    }
    document.setIn(path, reference)
  }
  return document.toString({ lineWidth: 0 })
}
