import { headers } from 'next/headers'
import { cache } from 'react'
import { findViewer } from '#lib/auth/find-viewer'
import { connectDatabase } from '#lib/db/connect'

/** Who is looking at this page, or null. For server components; asked once per request however many parts call it. */
export const findPageViewer = cache(async () => {
  const given = await headers()
  await connectDatabase()
  return findViewer({ cookie: given.get('cookie'), authorization: given.get('authorization') })
})
