import type { VideoPage } from '#lib/domain/video-view'
import { callApi } from '../api-client'

/** One's own video of the same file. Nothing is lost when that cannot be asked now. */
export async function findSameVideo(fingerprint: string): Promise<{ id: string; title: string } | null> {
  try {
    const { items } = await callApi<VideoPage>(`/api/videos?fingerprint=${fingerprint}&limit=10`)
    const video = items.find(({ state }) => state !== 'failed' && state !== 'uploading')
    return video ? { id: video.id, title: video.title } : null
  } catch {
    return null
  }
}
