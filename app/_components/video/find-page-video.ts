import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { findPageViewer } from '#lib/auth/page-viewer'
import { getVideo } from '#lib/catalog/get-video'
import type { VideoView } from '#lib/domain/video-view'
import { isPeekrError } from '#lib/errors'

/** The video of a page, as whoever asks may see it; otherwise the page is the 404 page. Read once per request. */
export const findPageVideo = cache(async (videoId: string): Promise<VideoView> => {
  try {
    const cookie = (await headers()).get('cookie')
    return await getVideo({ viewer: await findPageViewer(), videoId, cookie })
  } catch (error) {
    if (isPeekrError(error) && error.code === 'not_found') notFound()
    throw error
  }
})
