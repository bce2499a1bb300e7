import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../command.ts'
import { singleFileImage } from '../single-file-image.ts'
import type { Layout } from './layout.ts'
import { PAUSE_IMAGE } from './settings.ts'

/** Makes the sandbox image from the pause program, without any download, and gives it to containerd; pinned against clean-up. */
export async function ensurePauseImage(layout: Layout, ctr: string, pause: string): Promise<void> {
  const client = [ctr, `--address=${layout.containerdSocket}`, '--namespace=k8s.io', 'images']
  if ((await mustRun([...client, 'ls', '-q'])).split('\n').includes(PAUSE_IMAGE)) return
  const archive = join(layout.dir, 'pause.tar')
  writeFileSync(archive, await singleFileImage({ name: PAUSE_IMAGE, program: readFileSync(pause) }))
  await mustRun([...client, 'import', archive])
  await mustRun([...client, 'label', PAUSE_IMAGE, 'io.cri-containerd.pinned=pinned'])
  rmSync(archive)
}
