import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { runInside } from '#examples/images/run-inside.ts'
import { readAdapter } from '#jobs/steps/adapter-files.ts'
import { writeMessage } from '#src/contract/message.ts'
import { trainMessage } from '#src/contract/train.ts'
import { buildAdapterImage } from '#src/oci/image.ts'
import { METHOD } from '#src/tuning/methods/index.ts'
import { resolveTrainingConfig } from '#src/tuning/training-config.ts'
import { trainerImage } from './trainer-image.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const TESTS = globSync('test_*.py', { cwd: join(import.meta.dirname, 'image') }).map((file) => basename(file, '.py'))

let image: string
const out = tempFolder('trainer')

beforeAll(async () => {
  image = await trainerImage()
  // The operator's own message: what it says is what the trainer reads.
  for (const method of [METHOD.lora, METHOD.qlora]) {
    const message = writeMessage(trainMessage, {
      run: '0123456789',
      model: { path: '/out/model' },
      method: method.name,
      data: '/out/data',
      output: '/out/adapter',
      record: '/out/kaito-adapter.json',
      checkpoints: '/out/checkpoints',
      targetModules: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
      stallSeconds: 600,
      evaluation: {},
      config: resolveTrainingConfig(method),
    })
    mkdirSync(join(out, 'messages'), { recursive: true })
    writeFileSync(join(out, 'messages', `${method.name}.json`), message)
  }
  await inImage('python3', '/examples/make_tiny_phi3.py', '/out/model')
})

const inImage = (...command: readonly string[]) =>
  runInside(image, {
    mounts: {
      '/tests': join(ROOT, 'test', 'python'),
      '/examples': join(ROOT, 'examples', 'quickstart', 'model'),
      '/out': out,
    },
    env: { PYTHONPATH: '/app:/tests', PYTHONDONTWRITEBYTECODE: '1', HOME: '/tmp' },
    command,
  })

describe('the trainer in its image', () => {
  it.for(TESTS)('does with its libraries what %s says', async (name) => {
    // unittest ends with 1 where a test failed, and with 5 where there was none.
    await inImage('python3', '-W', 'ignore', '-m', 'unittest', 'discover', '-s', '/tests/image', '-p', `${name}.py`)
  })

  it('makes the same adapter image of the same run', async () => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const adapter = await readAdapter(join(out, name))
        if (!adapter.ok) throw new Error(adapter.reason)
        return (await buildAdapterImage(adapter.files, {})).digest
      }),
    )
    expect(first).toMatch(/^sha256:/)
    expect(second).toBe(first)
  })
})
