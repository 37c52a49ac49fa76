import { join } from 'node:path'
import { isId } from '#lib/domain/id'
import {
  ATTEMPTS_FOLDER,
  LIBRARY_FOLDER,
  otherSourceName,
  REVISIONS_FOLDER,
  SNAPSHOTS_FOLDER,
  SOURCE_FILE,
  SOURCE_FOLDER,
  TWIN_FOLDER,
  UNITS_FOLDER,
} from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { parseSnapshotName } from '#lib/storage/snapshot-name'

/** The absolute places of one video. */
export interface VideoFolders {
  video: string
  revisions: string
  attempts: string
  /** Whole units that are not assembled yet, by revision. */
  units: string
  source: string
  sourceFile: string
  /** Beside it: a source that came with this upload, before its time or after it. */
  sourceOf(uploadId: string): string
  snapshots: string
  /** While a snapshot is being restored: the coming state of the video, and the one it takes the place of. */
  restoring: string
  replaced: string
  /** States that backups hold on to. */
  twin: string
  snapshot(name: string): string
  revision(revisionId: string): string
  attempt(attemptId: string): string
  unit(revisionId: string, key: string): string
  /** A file directly in the video's folder. */
  file(name: string): string
}

/** A plain file name: no separators, no leading dot (those are files being written). */
const FILE_NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/i

/**
 * The places of a video under a data folder. Every id is one of Peekr's own, which contain no separator or dot, so
 * each path is inside the data folder by construction.
 * @throws not_found for anything that is not an id or a plain file name.
 */
export function buildVideoFolders(dataPath: string, videoId: string): VideoFolders {
  const video = join(dataPath, LIBRARY_FOLDER, requireId(videoId))
  const revisions = join(video, REVISIONS_FOLDER)
  const attempts = join(video, ATTEMPTS_FOLDER)
  const units = join(video, UNITS_FOLDER)
  const source = join(video, SOURCE_FOLDER)
  return {
    video,
    revisions,
    attempts,
    units,
    source,
    sourceFile: join(source, SOURCE_FILE),
    sourceOf: (uploadId) => join(source, otherSourceName(requireId(uploadId))),
    snapshots: join(dataPath, SNAPSHOTS_FOLDER, videoId),
    restoring: join(dataPath, LIBRARY_FOLDER, `.${videoId}.restoring`),
    replaced: join(dataPath, LIBRARY_FOLDER, `.${videoId}.replaced`),
    twin: join(dataPath, TWIN_FOLDER, videoId),
    snapshot: (name) => join(dataPath, SNAPSHOTS_FOLDER, videoId, requireSnapshotName(name)),
    revision: (revisionId) => join(revisions, requireId(revisionId)),
    attempt: (attemptId) => join(attempts, requireId(attemptId)),
    unit: (revisionId, key) => join(units, requireId(revisionId), requireFileName(key)),
    file: (name) => join(video, requireFileName(name)),
  }
}

function requireId(id: string): string {
  if (isId(id)) return id
  throw new PeekrError('not_found', { details: { notAnId: id } })
}

function requireFileName(name: string): string {
  if (FILE_NAME.test(name)) return name
  throw new PeekrError('not_found', { details: { notAFileName: name } })
}

function requireSnapshotName(name: string): string {
  if (parseSnapshotName(name) !== null) return name
  throw new PeekrError('not_found', { details: { notASnapshot: name } })
}
