import { getServerTime } from '#lib/db/server-time'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import packageJson from '../../package.json' with { type: 'json' }

/** A connection that is open and silent would keep the answer waiting for ever. */
const PATIENCE_MS = 2_000

/** That the database and the library answer, within 2 s. @throws database_away, storage_unavailable */
export async function checkHealth(): Promise<{ status: 'ok'; version: string }> {
  await withPatience(getServerTime(), 'database_away')
  await withPatience(
    getLibrary().then((library) => library.freeBytes()),
    'storage_unavailable',
  )
  return { status: 'ok', version: packageJson.version }
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
