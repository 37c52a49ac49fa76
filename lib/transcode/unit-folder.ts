import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildRecord } from '#lib/db/models/build'
import type { UnitResult } from '#lib/domain/encode-plan'
import type { Storage } from '#lib/storage/storage'

/** In a unit's folder: what is known of it, so that it is adopted together with the segments. */
export const RESULT_FILE = 'result.json'

/** What an adopted unit is kept as. A changed plan has units of its own, even under the same numbers. */
export function adoptedUnit(build: Pick<BuildRecord, '_id' | 'replanned'>, key: string) {
  return { revisionId: build._id, key: `${build.replanned}-${key}` }
}

/** An adopted unit with what is known of it, or null when it is not there. */
export async function findAdopted(
  library: Storage,
  build: Pick<BuildRecord, '_id' | 'videoId' | 'replanned'>,
  key: string,
): Promise<{ path: string; result: UnitResult } | null> {
  const adopted = adoptedUnit(build, key)
  const path = library.unitPath(build.videoId, adopted.revisionId, adopted.key)
  try {
    return { path, result: JSON.parse(await readFile(join(path, RESULT_FILE), 'utf8')) as UnitResult }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
