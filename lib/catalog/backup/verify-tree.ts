import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST, REVISIONS_FOLDER, SOURCE_FILE, VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { runTask } from '#lib/jobs/pool'
import { compareManifest, verifyManifest } from '#lib/publish/manifest'
import { parseVideoRecord } from '#lib/publish/video-record'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'

export interface TreeProof {
  fileCount: number
  sizeBytes: number
  /** Sentences; none when every file is what its manifest says. */
  problems: string[]
}

/**
 * Reads every file of a video's folder and compares it with the signed manifest of its revision; what `video.json` says
 * that plays must be among them. A revision under construction, which has no manifest, is left out.
 */
export async function verifyTree(path: string, videoId: string, key: Uint8Array): Promise<TreeProof> {
  const proof: TreeProof = { fileCount: 0, sizeBytes: 0, problems: [] }
  const text = await readFile(join(path, VIDEO_RECORD), 'utf8').catch(() => null)
  if (text === null) return { ...proof, problems: ['Its video.json is missing.'] }
  try {
    const stored = parseVideoRecord(text)
    if (stored.id !== videoId) proof.problems.push(`Its video.json is that of another video (${stored.id}).`)
    if (!(await exists(join(path, REVISIONS_FOLDER, stored.revision.id, MANIFEST)))) {
      proof.problems.push(`What it plays (revision ${stored.revision.id}) has no manifest.`)
    }
  } catch (error) {
    if (!isPeekrError(error)) throw error
    proof.problems.push(error.message)
  }
  for (const revisionId of await readNames(join(path, REVISIONS_FOLDER))) {
    await verifyFiles(join(path, REVISIONS_FOLDER, revisionId), { videoId, revisionId, key }, proof)
  }
  return proof
}

/** A source, against the hash that was taken of it when it arrived, where that is known. */
export async function verifySource(path: string, sha256: string | null): Promise<TreeProof> {
  const file = join(path, SOURCE_FILE)
  if (!(await exists(file))) return { fileCount: 0, sizeBytes: 0, problems: ['Its original is missing.'] }
  const found = await runTask('hash-file', { path: file })
  const isSame = sha256 === null || found.sha256 === sha256
  return {
    fileCount: 1,
    sizeBytes: found.sizeBytes,
    problems: isSame ? [] : ['Its original is not what was uploaded.'],
  }
}

async function verifyFiles(
  folder: string,
  { videoId, revisionId, key }: { videoId: string; revisionId: string; key: Uint8Array },
  proof: TreeProof,
): Promise<void> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null)
  if (text === null) return
  try {
    const manifest = verifyManifest(text, key)
    const files = await runTask('hash-folder', { path: folder, except: [MANIFEST] })
    proof.fileCount += files.length
    proof.sizeBytes += files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const wrong = compareManifest(manifest, files)
    if (manifest.videoId !== videoId || manifest.revisionId !== revisionId) {
      proof.problems.push(`The manifest of revision ${revisionId} is that of another one.`)
    }
    if (wrong.length > 0) {
      const named = wrong.slice(0, 5).join(', ')
      proof.problems.push(
        `${wrong.length} files of revision ${revisionId} are not what its manifest says: ${named}.`,
      )
    }
  } catch (error) {
    if (!isPeekrError(error)) throw error
    proof.problems.push(error.message)
  }
}
