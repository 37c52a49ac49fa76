import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { getImportOwner } from '#lib/auth/get-import-owner'
import { getConfig } from '#lib/config'
import { isDuplicate } from '#lib/db/is-duplicate'
import { ImportedFileModel, type ImportedFileRecord } from '#lib/db/models/imported-file'
import { UploadModel } from '#lib/db/models/upload'
import { titleFromFilename } from '#lib/domain/video'
import { isPeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { isErrno } from '#lib/storage/to-storage-error'
import { importFile } from '#lib/upload/import-file'
import { listImportFiles } from '#lib/upload/list-import-files'
import { getProcessName, hasProcessEnded } from '#lib/upload/process-name'

/** A file that is still being copied into the folder changes within this time. */
const STILL_MS = 15_000
/** Far longer than the making of an upload takes. */
const CREATION_MS_MAX = 600_000

/**
 * Imports what was put into the folder PEEKR_IMPORT names, each file once, as soon as its size and time have stood
 * still. Which files those are is in the database, so neither a restart nor a second process takes one twice; a file
 * that is changed later is imported anew. What lacks room or is over a quota is tried again. Call it every half minute.
 * Returns how many were imported.
 */
export async function sweepImportFolder({ nowMs = Date.now() } = {}): Promise<number> {
  const { importPath } = getConfig()
  if (importPath === null) return 0
  let imported = 0
  for (const path of await listImportFiles([importPath])) {
    const record = await watchFile(path, nowMs)
    if (record === null || !(await isDue(record, nowMs))) continue
    if (await importSeen(record)) imported += 1
  }
  return imported
}

/** The file's record, brought up to date: one that looks different from before starts anew. null: it is gone. */
async function watchFile(path: string, nowMs: number): Promise<ImportedFileRecord | null> {
  const state = await stat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  })
  if (state === null) return null
  const _id = createHash('sha256').update(path).digest('hex')
  const look = { sizeBytes: state.size, mtimeMs: state.mtimeMs }
  const known = await ImportedFileModel.findById(_id).lean()
  if (known !== null && known.sizeBytes === look.sizeBytes && known.mtimeMs === look.mtimeMs) return known
  if (known?.state === 'importing' && (await findOutcome(known, nowMs)) === 'under way') return null
  const fresh = {
    path,
    ...look,
    state: 'seen' as const,
    seenAt: new Date(nowMs),
    holder: null,
    uploadId: null,
  }
  try {
    await ImportedFileModel.updateOne({ _id }, { $set: fresh }, { upsert: true })
  } catch (error) {
    if (!isDuplicate(error)) throw error // another process has just seen it too
  }
  return ImportedFileModel.findById(_id).lean()
}

async function isDue(record: ImportedFileRecord, nowMs: number): Promise<boolean> {
  if (record.state === 'importing') {
    const outcome = await findOutcome(record, nowMs)
    if (outcome === 'arrived') await settleArrived(record)
    return outcome === 'abandoned'
  }
  return record.state === 'seen' && nowMs - record.seenAt.getTime() >= STILL_MS
}

/**
 * What became of an import that has not been told. Its upload says so, also after a restart of the machine or of a
 * container, when nothing is known of the process that began it: the sweep of uploads removes one that nobody holds.
 */
async function findOutcome(
  { holder, uploadId, seenAt }: ImportedFileRecord,
  nowMs: number,
): Promise<'under way' | 'arrived' | 'abandoned'> {
  const hasEnded = holder === null || (await hasProcessEnded(holder))
  if (!uploadId) return hasEnded || nowMs - seenAt.getTime() > CREATION_MS_MAX ? 'abandoned' : 'under way'
  const upload = await UploadModel.findById(uploadId, { state: 1 }).lean()
  if (upload === null) return 'abandoned'
  if (upload.state !== 'open') return 'arrived'
  return hasEnded ? 'abandoned' : 'under way'
}

/** The process ended after the file had come in, before it could say so: it is not taken in twice. */
async function settleArrived({ _id, uploadId }: ImportedFileRecord): Promise<void> {
  const upload = await UploadModel.findById(uploadId, { videoId: 1 }).lean()
  await ImportedFileModel.updateOne(
    { _id, uploadId: uploadId ?? '', state: 'importing' },
    { $set: { state: 'imported', videoId: upload?.videoId ?? null, message: null, holder: null } },
  )
}

/** Claimed first by compare-and-set, so that only one process imports it. */
async function importSeen(record: ImportedFileRecord): Promise<boolean> {
  const { _id, path, state, holder } = record
  const log = getLog('import')
  const claim = { state: 'importing' as const, holder: getProcessName(), uploadId: null, seenAt: new Date() }
  const claimed = await ImportedFileModel.updateOne({ _id, state, holder }, { $set: claim })
  if (claimed.modifiedCount !== 1) return false
  try {
    const filename = basename(path)
    const owner = await getImportOwner(getConfig().importOwner)
    const title = titleFromFilename(filename)
    const onCreated = async (uploadId: string) => {
      await ImportedFileModel.updateOne(claimId(_id, claim.holder), { $set: { uploadId } })
    }
    const videoId = await importFile({ owner, path, filename, title, visibility: 'private', onCreated })
    await ImportedFileModel.updateOne(claimId(_id, claim.holder), {
      $set: { state: 'imported', videoId, message: null, holder: null },
    })
    log.info({ path, videoId }, 'Imported a file from the import folder.')
    return true
  } catch (error) {
    const message = isPeekrError(error)
      ? error.message
      : 'It could not be read or copied; the log has the details.'
    const mayPass = isPeekrError(error) && [507, 503, 409].includes(error.status)
    await ImportedFileModel.updateOne(claimId(_id, claim.holder), {
      $set: { state: mayPass ? 'seen' : 'failed', seenAt: new Date(), message, holder: null },
    })
    log.warn({ err: error, path }, 'A file in the import folder was not imported.')
    return false
  }
}

function claimId(_id: string, holder: string) {
  return { _id, state: 'importing' as const, holder }
}
