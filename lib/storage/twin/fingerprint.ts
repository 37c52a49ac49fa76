import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ATTEMPTS_FOLDER,
  MANIFEST,
  REVISIONS_FOLDER,
  SOURCE_FOLDER,
  UNITS_FOLDER,
  VIDEO_RECORD,
} from '#lib/domain/media-paths'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import type { VideoFolders } from '#lib/storage/video-folders'

const LEFT_OUT = [SOURCE_FOLDER, ATTEMPTS_FOLDER, UNITS_FOLDER, REVISIONS_FOLDER]
/** Whose content says what they are; of others the size and the time do. */
const READ = [VIDEO_RECORD, MANIFEST]

/**
 * What tells two states of a video apart, without reading its media: `video.json`, each revision's signed manifest, and
 * names, sizes and times of the files beside them. What changes behind the manifest's back is damage, and damage must not take the
 * place of a good backup. null for a video that was never published, of which there is nothing but its source.
 */
export async function fingerprintVideo(folders: VideoFolders): Promise<string | null> {
  if (!(await exists(folders.file(VIDEO_RECORD)))) return null
  const facts = await describeFolder(folders.video, 2)
  for (const revision of (await readNames(folders.revisions)).sort()) {
    const manifest = join(folders.revisions, revision, MANIFEST)
    // One that is under construction has no manifest yet, and is not part of the video.
    if (await exists(manifest)) facts.push(`${revision} ${await hash(manifest)}`)
  }
  return digest(facts.join('\n'))
}

/** The same of the source, which is never written to; null when there is none. */
export async function fingerprintSource(folders: VideoFolders): Promise<string | null> {
  if (!(await exists(folders.sourceFile))) return null
  const { size, mtimeMs } = await stat(folders.sourceFile)
  return digest(`source ${size} ${mtimeMs}`)
}

async function describeFolder(path: string, depth: number, prefix = ''): Promise<string[]> {
  const facts: string[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`
    if (entry.name.startsWith('.') || LEFT_OUT.includes(name)) continue
    const child = join(path, entry.name)
    if (entry.isDirectory() && depth > 1) facts.push(...(await describeFolder(child, depth - 1, `${name}/`)))
    else if (READ.includes(entry.name)) facts.push(`${name} ${await hash(child)}`)
    else {
      const { size, mtimeMs } = await stat(child)
      facts.push(`${name} ${size} ${mtimeMs}`)
    }
  }
  return facts.sort()
}

async function hash(path: string): Promise<string> {
  return digest(await readFile(path))
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
