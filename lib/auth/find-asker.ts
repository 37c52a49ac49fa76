import { readAccessCookie } from '#lib/auth/access-cookie'
import { findViewer, type ViewerHeaders } from '#lib/auth/find-viewer'
import { type Asker, resolveGrant } from '#lib/auth/resolve-grant'
import type { WatchProof } from '#lib/domain/permissions'

/** Who asks for a video, by all that a request shows: a session or Bearer token, a password given, a link opened. */
export async function findAsker(headers: ViewerHeaders, videoId: string): Promise<Asker> {
  return { viewer: await findViewer(headers), proof: await findProof(headers.cookie, videoId) }
}

/** What a browser's cookie proves for a video now: its password was given, or a link to it holds. */
export async function findProof(cookie: string | null | undefined, videoId: string): Promise<WatchProof> {
  const grant = readAccessCookie(cookie, videoId)
  return grant === null ? {} : (await resolveGrant(grant, videoId)).proof
}
