import { getServerTime } from '#lib/db/server-time'
import { getLibrary } from '#lib/jobs/library'
import packageJson from '../../package.json' with { type: 'json' }

/** That the database and the library answer. @throws database_away, storage_unavailable */
export async function checkHealth(): Promise<{ status: 'ok'; version: string }> {
  await getServerTime()
  await (await getLibrary()).freeBytes()
  return { status: 'ok', version: packageJson.version }
}
