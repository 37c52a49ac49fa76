import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Viewer } from '#lib/domain/permissions'
import { runTask } from '#lib/jobs/pool'
import { getMediaTools } from '#lib/media/media-tools'
import { importFile } from '#lib/upload/import-file'

/** Makes a clip of a few seconds on the spot and sends it the way of every upload. Returns its video's id. */
export async function createSample(owner: Viewer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-sample-'))
  try {
    const path = join(folder, 'sample.mp4')
    await runTask('sample', { path, tools: getMediaTools() })
    return await importFile({
      owner,
      path,
      filename: 'sample.mp4',
      title: 'A sample video',
      visibility: 'private',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
