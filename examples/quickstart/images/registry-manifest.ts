/** Where images are pushed. `url` is http(s)://host:port; the name images are pulled by may be another. */
export interface PushTarget {
  readonly url: string
  readonly user: string
  readonly password: string
}

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Does the registry already have this tag? Rejects when it answers anything but yes or no, or does not answer. */
export async function hasManifest(
  target: PushTarget,
  repository: string,
  tag: string,
  send: typeof fetch = fetch,
): Promise<boolean> {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, target.url)
  const login = Buffer.from(`${target.user}:${target.password}`).toString('base64')
  const response = await send(url, {
    method: 'HEAD',
    headers: { accept: ACCEPT, authorization: `Basic ${login}` },
    signal: AbortSignal.timeout(10_000),
  })
  if (response.ok) return true
  if (response.status === 404) return false
  throw new Error(`registry ${url.host} answered ${response.status} for ${repository}:${tag}`)
}
