import { trimBoth } from './trim.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** RFC 1123 label: what Kubernetes wants of container, volume and Service names. At most 63 characters. */
export const isDnsLabel = (text: string): boolean => text.length <= 63 && LABEL.test(text)

/** RFC 1123 subdomain: what Kubernetes wants of most object names. At most 253 characters. */
export const isDnsSubdomain = (text: string): boolean =>
  text.length <= 253 && text.length > 0 && text.split('.').every((part) => LABEL.test(part))

/** The nearest legal label to a text, for suggestions in messages; empty when nothing of it can be kept. */
export const toDnsLabel = (text: string): string =>
  trimBoth(
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 63),
    '-',
  )
