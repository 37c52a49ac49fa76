import { getConfig } from '#lib/config'
import { ImportedFileModel } from '#lib/db/models/imported-file'
import type { ImportFolderView } from '#lib/domain/import-view'

const ITEMS_MAX = 200

/** The files that were found in the folder PEEKR_IMPORT names, the latest first, and what became of each. */
export async function listImports(): Promise<ImportFolderView> {
  const records = await ImportedFileModel.find().sort({ seenAt: -1 }).limit(ITEMS_MAX).lean()
  return {
    folder: getConfig().importPath,
    items: records.map(({ path, sizeBytes, state, seenAt, videoId, message }) => ({
      path,
      sizeBytes,
      state,
      at: seenAt.toISOString(),
      videoId,
      message,
    })),
  }
}
