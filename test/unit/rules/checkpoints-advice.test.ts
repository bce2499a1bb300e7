import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { admit } from '#src/rules/admit.ts'
import { dockerSecret, facts, pushed, secret, tuningWith } from './sample.ts'

const known = { ...facts, ...secret('push', dockerSecret('a.io')) }
const checkpoints = (workspace: Workspace) =>
  admit(workspace, known).warnings.filter(({ origin }) => origin === 'output.checkpoints')
const volumeSource = { persistentVolumeClaim: { claimName: 'results' } }

describe('the warning that checkpoints are not kept', () => {
  it('asks for what is admitted, and is silent once that is done', () => {
    const [warning] = checkpoints(pushed('a.io/b:1'))
    expect(warning?.fix).toContain('name a tuning.output.volumeSource beside the image')
    const mended = tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: 'push', volumeSource } })
    expect(admit(mended, known).errors).toEqual([])
    expect(checkpoints(mended)).toEqual([])
  })
})
