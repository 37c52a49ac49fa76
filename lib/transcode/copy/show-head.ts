import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { AUDIO_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import type { Storage } from '#lib/storage/storage'
import { headFolders } from '#lib/transcode/copy/head-folders'
import { showGrowth } from '#lib/transcode/show-growth'

/**
 * Puts the first segment, which was copied when the index had just been read, into the revision, and has it played at once. Copying
 * the rest begins after that: with gigabytes on their way to the disk, every flush that this takes would wait for them. Nobody else
 * writes the playlists of a revision that shows nothing yet. Twice is safe.
 */
export async function showHead(build: BuildRecord, workPath: string, library: Storage): Promise<void> {
  const { _id, videoId, plan, probe } = build
  const head = headFolders(workPath)
  if (plan.copied === null || build.copied.pictures > 0 || !(await exists(head.pictures))) return
  const revisionPath = library.revisionPath(videoId, _id)
  await moveInto(head.pictures, join(revisionPath, plan.copied.rung.name))
  const sounds = plan.copied.plan.sound !== null && (await exists(head.sounds)) ? 1 : 0
  if (sounds > 0) await moveInto(head.sounds, join(revisionPath, AUDIO_FOLDER))
  const noted = await BuildModel.findOneAndUpdate(
    { _id },
    { $max: { 'copied.pictures': 1, 'copied.sounds': sounds } },
    { returnDocument: 'after' },
  ).lean()
  if (noted === null) throw new PeekrError('cancelled', { details: { videoId, missing: 'build' } })
  await showGrowth(noted, library, probe.audio === null)
}

async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name))
}
