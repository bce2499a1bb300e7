import { describe, expect, it } from 'vitest'
import { createLog, type LogLevel } from '#src/telemetry/log.ts'

function logged(level: LogLevel = 'info') {
  const lines: string[] = []
  const destination = {
    write: (line: string) => {
      lines.push(line)
    },
  }
  const log = createLog({ level, fields: { role: 'operator' }, destination })
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') }
}

describe('the log', () => {
  it('is one JSON object per line with time, level by name and message', () => {
    const { log, last } = logged()
    log.info({ controller: 'workspace', name: 'w' }, 'reconciled')
    expect(last()).toMatchObject({
      level: 'info',
      role: 'operator',
      controller: 'workspace',
      name: 'w',
      msg: 'reconciled',
    })
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  })

  it('says nothing below its level', () => {
    const { log, lines } = logged('warn')
    log.info('no')
    log.warn('yes')
    expect(lines).toHaveLength(1)
  })

  it('keeps the message and the causes of an error, given alone or as a field', () => {
    const { log, last } = logged()
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) })
    const expected = { type: 'Error', message: 'outer', cause: { message: 'inner', code: 'ECONNRESET' } }
    log.error(error)
    expect(last()['err']).toMatchObject(expected)
    log.error({ err: error, workspace: 'w' }, 'failed')
    expect(last()).toMatchObject({ err: expected, workspace: 'w', msg: 'failed' })
    expect(last()['err']).toHaveProperty('stack')
  })

  it('ends with a cause that is its own cause', () => {
    const { log, last } = logged()
    const error: Error & { cause?: unknown } = new Error('loop')
    error.cause = error
    log.error({ err: error }, 'x')
    expect(last()['err']).toMatchObject({ message: 'loop' })
  })

  it('hides fields whose names say that they are secret, and the data of Secrets', () => {
    const { log, lines, last } = logged()
    log.info(
      {
        request: { Authorization: 'Bearer abc', accept: 'x' },
        config: [{ password: 'p1', hfToken: 'p2', apiKey: 'p3', tokenCount: 7 }],
        object: { kind: 'Secret', metadata: { name: 's' }, data: { '.dockerconfigjson': 'p4', other: 'p5' } },
      },
      'x',
    )
    expect(lines.join()).not.toMatch(/abc|p[1-5]/)
    expect(last()).toMatchObject({ config: [{ tokenCount: 7 }], object: { metadata: { name: 's' } } })
    log.child({ token: 'p6' }).info('x')
    expect(lines.join()).not.toContain('p6')
  })

  it('hides what looks like a credential in any text, and the line stays JSON', () => {
    const { log, lines, last } = logged()
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\n-----END RSA PRIVATE KEY-----'
    const secrets = [
      'GET https://user:hunter2@host/x failed',
      'header Bearer abcdefgh.ijklmnop',
      'see https://acc.blob.core.windows.net/d/f.parquet?sv=1&sig=hunter2%2B&se=2',
      'token hf_hunter2hunter2hunter2',
      `key ${key} end`,
    ]
    for (const text of secrets) {
      log.error({ err: new Error(text), url: text }, text)
      expect(last()['msg']).toContain('[redacted]')
    }
    expect(lines.join()).not.toMatch(/hunter2|abcdefgh|MIIEow/)
    expect(last()['msg']).toBe('key [redacted] end')
  })
})
