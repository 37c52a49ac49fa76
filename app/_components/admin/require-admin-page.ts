import { notFound } from 'next/navigation'
import { canAdminister, type Viewer } from '#lib/domain/permissions'
import { requirePageViewer } from '../account/require-page-viewer'

/** The administrator who asks. Everybody else who is signed in finds nothing here; the API checks for itself. */
export async function requireAdminPage(path: string): Promise<Viewer> {
  const viewer = await requirePageViewer(path)
  if (!canAdminister(viewer)) notFound()
  return viewer
}
