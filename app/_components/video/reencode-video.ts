'use client'

import type { VideoView } from '#lib/domain/video-view'
import { errorSentence } from '../api-client'
import { showToast } from '../controls/toast-store'
import { changeVideo } from './undo-change'

/** Has a video encoded anew and says so, with a way back; null when that was refused, which is then said. */
export async function reencodeVideo(videoId: string): Promise<VideoView | null> {
  try {
    const { result, undo } = await changeVideo(videoId, '/reencode', { method: 'POST', body: {} }, 'all')
    showToast('good', 'It is being encoded anew. The present version plays until the new one is ready.', undo)
    return result
  } catch (error) {
    showToast('bad', errorSentence(error))
    return null
  }
}
