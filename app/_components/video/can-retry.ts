import type { VideoView } from '#lib/domain/video-view'

/** Whether trying again can help: not when the file itself is what is wrong. */
export function canRetry(video: VideoView): boolean {
  return video.state === 'failed' && !video.error?.code.startsWith('source_')
}
