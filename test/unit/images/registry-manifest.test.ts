import { expect, test } from 'vitest'
import { repositoryOf } from '../../../examples/quickstart/images/images.ts'
import { hasManifest } from '../../../examples/quickstart/images/registry-manifest.ts'

const target = { url: 'http://127.0.0.1:5000', user: 'kaito', password: 'secret' }

test('a tag is there when the registry says 200 and missing when it says 404', async () => {
  const asked: string[] = []
  const answer =
    (status: number): typeof fetch =>
    (url, init) => {
      asked.push(`${init?.method} ${String(url)} ${new Headers(init?.headers).get('authorization')}`)
      return Promise.resolve(new Response(null, { status }))
    }
  expect(await hasManifest(target, 'kaito/trainer', 'abc', answer(200))).toBe(true)
  expect(await hasManifest(target, 'kaito/trainer', 'abc', answer(404))).toBe(false)
  expect(asked[0]).toBe('HEAD http://127.0.0.1:5000/v2/kaito/trainer/manifests/abc Basic a2FpdG86c2VjcmV0')
})

test('a wrong password is an error and not a missing tag', async () => {
  const denied: typeof fetch = () => Promise.resolve(new Response(null, { status: 401 }))
  await expect(hasManifest(target, 'kaito/trainer', 'abc', denied)).rejects.toThrow(
    /answered 401 for kaito\/trainer:abc/,
  )
})

test('the repository is the prefix without its host', () => {
  expect(repositoryOf({ repositoryPrefix: 'registry.kaito.local:5000/kaito' }, 'trainer')).toBe('kaito/trainer')
  expect(repositoryOf({ repositoryPrefix: 'registry.kaito.local:5000/a/b' }, 'trainer')).toBe('a/b/trainer')
  expect(repositoryOf({ repositoryPrefix: 'registry.kaito.local:5000' }, 'trainer')).toBe('trainer')
})
