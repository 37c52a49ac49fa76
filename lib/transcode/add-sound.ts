import { link, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AUDIO_FOLDER, INIT_SEGMENT, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import { parseMediaPlaylist, writeMediaPlaylist } from '#lib/hls/media-playlist'
import { syncPath } from '#lib/storage/sync-tree'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/**
 * Puts the segments of sound that FFmpeg has closed by now into the revision, and names them in its playlist. An attempt
 * that starts over makes the same segments again, so a playlist never gets shorter.
 * @param proved whether that is all of it, and all of it decodes. Then every segment takes the place of what is there: one
 *   that an attempt had put there before it came to grief may be short, as FFmpeg says nothing when a disk is full.
 * @returns how many segments there are
 */
export async function addSound(options: {
  attemptPath: string
  revisionPath: string
  proved: boolean
}): Promise<number> {
  const [from, to] = [options.attemptPath, options.revisionPath].map((path) => join(path, AUDIO_FOLDER))
  if (from === undefined || to === undefined) return 0
  const playlist = await readPlaylist(from)
  const { segments } = await readPlaylist(to)
  const grown = playlist.segments.length > segments.length
  if (playlist.segments.length === 0 || (!grown && !options.proved)) return segments.length
  await mkdir(to, { recursive: true })
  const there = new Set(options.proved ? [] : segments.map(({ name }) => name))
  const wanted = [
    ...(playlist.initSegment && there.size === 0 ? [INIT_SEGMENT] : []),
    ...playlist.segments.map(({ name }) => name).filter((name) => !there.has(name)),
  ]
  for (const name of wanted) {
    await syncPath(join(from, name))
    const aside = join(to, `${name}.new`)
    await rm(aside, { force: true })
    await link(join(from, name), aside)
    await rename(aside, join(to, name))
    await rm(aside, { force: true }) // renaming one name of a file onto another of the same does nothing (rename(2))
  }
  await syncPath(to)
  const text = writeMediaPlaylist(playlist, { growing: true, targetSeconds: 4 })
  await writeFileWhole(join(to, MEDIA_PLAYLIST), text)
  return playlist.segments.length
}

/** Marks a sound of a revision as complete: the main one, unless another's folder is given. Twice is safe. */
export async function closeSound(revisionPath: string, folder = AUDIO_FOLDER): Promise<void> {
  const path = join(revisionPath, folder, MEDIA_PLAYLIST)
  const text = await readFile(path, 'utf8').catch(nullIfAbsent)
  if (text !== null) await writeFileWhole(path, writeMediaPlaylist(parseMediaPlaylist(text)))
}

async function readPlaylist(folder: string) {
  const text = await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch(nullIfAbsent)
  return parseMediaPlaylist(text ?? '')
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
