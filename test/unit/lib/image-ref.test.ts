import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatImageRef, parseImageRef } from '#src/lib/image-ref.ts'

const HEX = 'a'.repeat(64)

const good: [text: string, full: string][] = [
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['library/busybox', 'docker.io/library/busybox:latest'],
  ['kaito/trainer:v1', 'docker.io/kaito/trainer:v1'],
  ['index.docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['docker.io/a/b/c:1', 'docker.io/a/b/c:1'],
  ['mcr.microsoft.com/aks/kaito/kaito-phi-3:0.0.1', 'mcr.microsoft.com/aks/kaito/kaito-phi-3:0.0.1'],
  ['myregistry.azurecr.io/adapter:0.0.1', 'myregistry.azurecr.io/adapter:0.0.1'],
  ['MyRegistry.azurecr.io/adapter:0.0.1', 'myregistry.azurecr.io/adapter:0.0.1'],
  ['localhost/x:1', 'localhost/x:1'],
  ['localhost:5000/x:1', 'localhost:5000/x:1'],
  ['registry.kaito.local:5000/models/tiny:0.1', 'registry.kaito.local:5000/models/tiny:0.1'],
  ['127.0.0.1:5000/x', '127.0.0.1:5000/x:latest'],
  ['[::1]:5000/x:1', '[::1]:5000/x:1'],
  [`ghcr.io/a/b@sha256:${HEX}`, `ghcr.io/a/b@sha256:${HEX}`],
  [`ghcr.io/a/b:1@sha256:${HEX}`, `ghcr.io/a/b:1@sha256:${HEX}`],
  [`b@sha512:${'0'.repeat(128)}`, `docker.io/library/b@sha512:${'0'.repeat(128)}`],
  ['ghcr.io/a_b/c__d/e-f/g--h/i.j:1', 'ghcr.io/a_b/c__d/e-f/g--h/i.j:1'],
  ['ghcr.io/a:V1.0_rc-1', 'ghcr.io/a:V1.0_rc-1'],
  [`ghcr.io/a:${'t'.repeat(128)}`, `ghcr.io/a:${'t'.repeat(128)}`],
]

const bad: [text: string, reason: RegExp][] = [
  ['', /empty/],
  ['   ', /empty/],
  ['https://ghcr.io/a/b:1', /no scheme/],
  ['docker://ghcr.io/a/b:1', /no scheme/],
  [' ghcr.io/a/b:1', /spaces/],
  ['ghcr.io/a b:1', /spaces/],
  ['ghcr.io/a\u0000b', /control/],
  ['ghcr.io/A/b:1', /"A\/b" must be lower case/],
  ['Ubuntu', /"Ubuntu" must be lower case/],
  ['ghcr.io/', /repository .* missing/],
  ['ghcr.io/a//b', /malformed/],
  ['ghcr.io/a/', /malformed/],
  ['ghcr.io/-a', /malformed/],
  ['ghcr.io/a___b', /malformed/],
  ['ghcr.io/../etc', /malformed/],
  ['ghcr.io/a:', /tag after ":" is empty/],
  ['ghcr.io/a:.b', /tag ".b"/],
  [`ghcr.io/a:${'t'.repeat(129)}`, /1 to 128/],
  ['ghcr.io/a@sha256:abc', /digest/],
  [`ghcr.io/a@sha256:${'A'.repeat(64)}`, /digest/],
  ['ghcr.io/a@', /digest/],
  ['ghcr.io:99999/a', /port "99999"/],
  ['ghcr.io:/a', /port/],
  ['gh_cr.io/a', /not a DNS name/],
  ['-ghcr.io/a', /not a DNS name/],
  [`ghcr.io/${'a'.repeat(250)}`, /longer than 255/],
]

describe('image references', () => {
  test.each(good)('reads %s', (text, full) => {
    const result = parseImageRef(text)
    expect(result.ok && formatImageRef(result.ref)).toBe(full)
  })

  test.each(bad)('refuses %j', (text, reason) => {
    const result = parseImageRef(text)
    expect(result.ok).toBe(false)
    expect(!result.ok && result.reason).toMatch(reason)
  })

  test('the placeholder of the published example breaks two rules and both are named', () => {
    const result = parseImageRef('ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1')
    expect(result).toEqual({
      ok: false,
      reason:
        'the registry "ACR_REPO_HERE.azurecr.io" is not a DNS name (letters, digits, "-" and "." only); the repository "IMAGE_NAME_HERE" must be lower case',
      fix: 'write the registry you can push to or pull from, for example myregistry.azurecr.io; write "image_name_here"',
    })
  })

  test('a repository in upper case comes with its lower-case spelling', () => {
    const result = parseImageRef('ghcr.io/Team/Adapter:1')
    expect(!result.ok && result.fix).toBe('write "team/adapter"')
  })

  test('a digest alone gets no tag', () => {
    const result = parseImageRef(`ghcr.io/a@sha256:${HEX}`)
    expect(result.ok && 'tag' in result.ref).toBe(false)
  })

  test('whatever is accepted survives being written and read again', () => {
    const piece = fc.stringMatching(/^[a-z0-9._:/@[\]-]{1,40}$/)
    fc.assert(
      fc.property(piece, (text) => {
        const once = parseImageRef(text)
        if (once.ok) expect(parseImageRef(formatImageRef(once.ref))).toEqual(once)
      }),
      { numRuns: 3000 },
    )
  })
})
