import { describe, expect, test } from 'vitest'
import { blockedAddressReason, checkUrl, redactUrl } from '#src/lib/url-guard.ts'

const isBlockedAddress = (ip: string, allow: readonly string[]) => blockedAddressReason(ip, allow) !== undefined

const refused: [url: string, why: RegExp][] = [
  ['', /not a valid absolute URL/],
  ['data.parquet', /not a valid absolute URL/],
  ['//host/data', /not a valid absolute URL/],
  ['file:///etc/passwd', /scheme "file"/],
  ['ftp://example.com/a', /scheme "ftp"/],
  ['gopher://example.com/a', /scheme "gopher"/],
  ['https://user:pw@example.com/a', /user name or password/],
  ['https://user@example.com/a', /user name or password/],
  ['http://localhost/a', /no domain/],
  ['http://LOCALHOST./a', /no domain/],
  ['http://x.localhost/a', /\*\.localhost/],
  ['http://redis/a', /no domain/],
  ['http://kubernetes.default.svc/a', /\*\.svc/],
  ['http://kubernetes.default.svc./a', /\*\.svc/],
  ['http://api.team.svc.cluster.local/a', /\*\.cluster\.local/],
  ['http://metadata.google.internal/computeMetadata/v1/', /\*\.internal/],
  ['http://127.0.0.1/a', /loopback/],
  ['http://127.1/a', /loopback/],
  ['http://2130706433/a', /loopback/],
  ['http://0x7f000001/a', /loopback/],
  ['http://0177.0.0.1/a', /loopback/],
  ['http://0x7f.0.0.0x1/a', /loopback/],
  ['http://①②⑦.0.0.1/a', /loopback/],
  ['http://0/a', /unspecified/],
  ['http://10.1.2.3/a', /private network/],
  ['http://172.16.0.1/a', /private network/],
  ['http://192.168.0.1/a', /private network/],
  ['http://100.64.0.1/a', /carrier-grade/],
  ['http://169.254.169.254/latest/meta-data', /metadata/],
  ['http://[::ffff:169.254.169.254]/latest', /metadata/],
  ['http://168.63.129.16/', /metadata/],
  ['http://169.254.1.1/', /link-local/],
  ['http://[::1]/a', /loopback/],
  ['http://[::]/a', /unspecified/],
  ['http://[::ffff:127.0.0.1]/a', /loopback/],
  ['http://[::ffff:7f00:1]/a', /loopback/],
  ['http://[::127.0.0.1]/a', /loopback/],
  ['http://[64:ff9b::a00:1]/a', /private network/],
  ['http://[fd00::1]/a', /private IPv6/],
  ['http://[fe80::1]/a', /link-local/],
  ['http://[2002:7f00:1::]/a', /6to4/],
  ['http://224.0.0.1/', /multicast/],
  ['http://255.255.255.255/', /broadcast/],
  ['http://198.18.0.1/', /reserved/],
]

const accepted = [
  'https://huggingface.co/datasets/a/b/resolve/main/train.parquet',
  'http://example.com:8080/a.jsonl?sig=abc',
  'https://8.8.8.8/a',
  'https://[2606:4700:4700::1111]/a',
  'https://[64:ff9b::808:808]/a',
  'https://internal.example.com/a',
  'https://xn--mnchen-3ya.example/a',
]

describe('the URL guard', () => {
  test.each(refused)('refuses %s', (url, why) => {
    const result = checkUrl(url)
    expect(result.ok).toBe(false)
    expect(!result.ok && result.reason).toMatch(why)
  })

  test.each(accepted)('accepts %s', (url) => expect(checkUrl(url).ok).toBe(true))

  test('a listed host name passes the name rule and opens private addresses only', () => {
    const allow = ['datasets.kaito.local', '*.corp.internal']
    expect(checkUrl('http://datasets.kaito.local/a', allow).ok).toBe(true)
    expect(checkUrl('http://x.y.corp.internal/a', allow).ok).toBe(true)
    expect(checkUrl('http://corp.internal/a', allow).ok).toBe(false)
    expect(checkUrl('http://evil-datasets.kaito.local/a', allow).ok).toBe(false)
    expect(blockedAddressReason('10.0.0.1', allow, 'datasets.kaito.local')).toBeUndefined()
    expect(blockedAddressReason('127.0.0.1', allow, 'datasets.kaito.local')).toMatch(/loopback/)
    expect(blockedAddressReason('169.254.169.254', allow, 'datasets.kaito.local')).toMatch(/metadata/)
    expect(blockedAddressReason('10.0.0.1', allow, 'other.example')).toMatch(/private/)
  })

  test('a listed range or address opens exactly itself', () => {
    expect(isBlockedAddress('10.9.9.9', ['10.0.0.0/8'])).toBe(false)
    expect(isBlockedAddress('::ffff:10.9.9.9', ['10.0.0.0/8'])).toBe(false)
    expect(isBlockedAddress('11.0.0.1', ['10.0.0.0/8'])).toBe(false)
    expect(isBlockedAddress('192.168.0.1', ['10.0.0.0/8'])).toBe(true)
    expect(isBlockedAddress('127.0.0.1', ['127.0.0.1'])).toBe(false)
    expect(isBlockedAddress('127.0.0.2', ['127.0.0.1'])).toBe(true)
    expect(isBlockedAddress('fd00::1', ['fd00::/8'])).toBe(false)
    expect(isBlockedAddress('10.0.0.1', ['10.0.0.0/99', 'nonsense/8', ''])).toBe(true)
  })

  test('a range opens no metadata service that happens to be in it; its own address does', () => {
    expect(blockedAddressReason('100.100.100.200', ['100.64.0.0/10'])).toMatch(/metadata/)
    expect(blockedAddressReason('fd00:ec2::254', ['fd00::/8'])).toMatch(/metadata/)
    expect(blockedAddressReason('169.254.169.254', ['0.0.0.0/0'])).toMatch(/metadata/)
    expect(isBlockedAddress('100.100.100.201', ['100.64.0.0/10'])).toBe(false)
    expect(isBlockedAddress('100.100.100.200', ['100.100.100.200'])).toBe(false)
    expect(isBlockedAddress('fd00:ec2::254', ['fd00:ec2::254/128'])).toBe(false)
  })

  test('what is not an address is blocked', () => {
    expect(isBlockedAddress('example.com', [])).toBe(true)
    expect(isBlockedAddress('', [])).toBe(true)
  })

  test('secrets in a query do not reach logs', () => {
    expect(redactUrl('https://u:p@blob.example/a/b.parquet?sig=SECRET#x')).toBe('https://blob.example/a/b.parquet?…')
    expect(redactUrl('nonsense')).toBe('(not a URL)')
  })
})
