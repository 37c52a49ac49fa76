import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CopiedRung, CopyState } from '#lib/domain/copy-plan'
import { AUDIO_FOLDER, INIT_SEGMENT, MEDIA_PLAYLIST, segmentName } from '#lib/domain/media-paths'
import type { SegmentFormat } from '#lib/domain/rendition'
import { writeMediaPlaylist } from '#lib/hls/media-playlist'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/**
 * Writes the media playlists of the copied picture and sound as far as they are copied, each in one step. When all is
 * copied they are complete, although smaller sizes may still be encoded.
 */
export async function writeCopiedPlaylists(
  { rung, plan }: CopiedRung,
  { pictures, sounds, isDone }: Pick<CopyState, 'pictures' | 'sounds' | 'isDone'>,
  { revisionPath, segmentFormat }: { revisionPath: string; segmentFormat: SegmentFormat },
): Promise<void> {
  const write = (folder: string, planned: readonly { durationSeconds: number }[], count: number) =>
    writeCopied({ folder: join(revisionPath, folder), planned, count, isDone, segmentFormat })
  await Promise.all([
    write(rung.name, plan.segments, pictures),
    ...(plan.sound ? [write(AUDIO_FOLDER, plan.sound.segments, sounds)] : []),
  ])
}

/** How long the first so many segments of a copied picture play. Pure. */
export function copiedSeconds({ plan }: CopiedRung, pictures: number): number {
  return plan.segments.slice(0, pictures).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
}

async function writeCopied(options: {
  folder: string
  planned: readonly { durationSeconds: number }[]
  count: number
  isDone: boolean
  segmentFormat: SegmentFormat
}): Promise<void> {
  const { folder, planned, count, isDone, segmentFormat } = options
  const segments = planned
    .slice(0, count)
    .map(({ durationSeconds }, index) => ({ name: segmentName(segmentFormat, index), durationSeconds }))
  if (segments.length === 0) return
  await mkdir(folder, { recursive: true })
  const targetSeconds = planned.reduce(
    (longest, { durationSeconds }) => Math.max(longest, Math.round(durationSeconds)),
    1,
  )
  const text = writeMediaPlaylist(
    { initSegment: segmentFormat === 'fmp4' ? INIT_SEGMENT : null, segments },
    { growing: !isDone, targetSeconds },
  )
  await writeFileWhole(join(folder, MEDIA_PLAYLIST), text)
}
