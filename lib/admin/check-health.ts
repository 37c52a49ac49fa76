import { findKnownAlerts } from '#lib/admin/get-storage-report'
import { getServerTime } from '#lib/db/server-time'
import type { StorageAlert } from '#lib/domain/storage-health'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import packageJson from '../../package.json' with { type: 'json' }

/** A connection that is open and silent would keep the answer waiting for ever. */
const PATIENCE_MS = 2_000

/**
 * That the database and the library answer, within 2 s, and what of the storage somebody has to see to (an empty list when
 * all is well; 200 all the same, since everything works).
 * @throws database_away, storage_unavailable
 */
export async function checkHealth(): Promise<{
  status: 'ok'
  storage: StorageAlert['kind'][]
  version: string
}> {
  await withPatience(getServerTime(), 'database_away')
  await withPatience(
    getLibrary().then((library) => library.freeBytes()),
    'storage_unavailable',
  )
  const alerts = findKnownAlerts()
  // Kinds alone: what disks there are is nobody's business who is not signed in.
  return { status: 'ok', storage: [...new Set(alerts.map(({ kind }) => kind))], version: packageJson.version }
}

async function withPatience(
  work: Promise<unknown>,
  code: 'database_away' | 'storage_unavailable',
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new PeekrError(code)), PATIENCE_MS)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
