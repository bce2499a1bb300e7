import { describe, expect, it } from 'vitest'
import { isDnsLabel, isDnsSubdomain, toDnsLabel } from '#src/lib/dns-label.ts'

describe('DNS names', () => {
  it.each(['a', 'phi-3-adapter', '0', 'a'.repeat(63)])('takes %s as a label', (name) => {
    expect(isDnsLabel(name)).toBe(true)
  })

  it.each(['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a'.repeat(64)])('refuses %j as a label', (name) => {
    expect(isDnsLabel(name)).toBe(false)
  })

  it('takes dots in a subdomain, but no empty part', () => {
    expect(isDnsSubdomain('a.b-c.d')).toBe(true)
    expect(isDnsSubdomain('a..b')).toBe(false)
    expect(isDnsSubdomain('')).toBe(false)
  })

  it('makes a label of most texts', () => {
    expect(toDnsLabel('My Adapter_v1.0')).toBe('my-adapter-v1-0')
    expect(toDnsLabel('___')).toBe('')
  })
})
