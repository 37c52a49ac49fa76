import { redirect } from 'next/navigation'
import { findPageViewer } from '#lib/auth/page-viewer'
import { isSetupNeeded } from '#lib/auth/setup'
import type { Viewer } from '#lib/domain/permissions'

/** Sends everybody to the first-run page for as long as there is no administrator. */
export async function requireSetup(): Promise<void> {
  if (await isSetupNeeded()) redirect('/setup')
}

/** Who is asking. Whoever is not signed in is sent to sign in, and back to `path` afterwards. */
export async function requirePageViewer(path: string): Promise<Viewer> {
  await requireSetup()
  const viewer = await findPageViewer()
  if (viewer === null) redirect(`/login?next=${encodeURIComponent(path)}`)
  return viewer
}
