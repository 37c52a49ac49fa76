import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { findPageViewer } from '#lib/auth/page-viewer'
import { getVideo } from '#lib/catalog/get-video'
import { asksForPassword } from '#lib/catalog/unlock-video'
import type { VideoView } from '#lib/domain/video-view'
import { isPeekrError } from '#lib/errors'

/** The video of a page, as whoever asks may see it; otherwise the page is the 404 page. Read once per request. */
export const findPageVideo = cache(async (videoId: string): Promise<VideoView> => {
  return (await findVideo(videoId)) ?? notFound()
})

/** The same for a page that can ask for a password: null when only that stands between the asker and the video. */
export const findLockedVideo = cache(async (videoId: string): Promise<VideoView | null> => {
  const video = await findVideo(videoId)
  if (video === null && !(await asksForPassword(videoId))) notFound()
  return video
})

async function findVideo(videoId: string): Promise<VideoView | null> {
  try {
    const cookie = (await headers()).get('cookie')
    return await getVideo({ viewer: await findPageViewer(), videoId, cookie })
  } catch (error) {
    if (isPeekrError(error) && error.code === 'not_found') return null
    throw error
  }
}
