import { formatDuration } from '#lib/domain/format'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

/** A source that may be encoded: it has a picture of a reasonable size. Width and height are as shown. */
export interface AdmittedSource extends SourceProbe {
  video: SourceVideo
  width: number
  height: number
}

/**
 * Says yes or no to a source by what it claims, and by how long its owner's videos may be. Pure; the claims are verified after encoding.
 * @throws source_empty, source_audio_only, source_not_video, source_too_complex, each with a sentence for the uploader.
 */
export function admitSource(
  probe: SourceProbe,
  sizeBytes: number,
  { durationSecondsMax = null }: { durationSecondsMax?: number | null } = {},
): AdmittedSource {
  if (sizeBytes === 0) throw new PeekrError('source_empty')
  refuseStreamCount(probe.streamCount)
  if (probe.video === null) throw refusalWithoutVideo(probe)
  refuseSize(probe.video)
  refuseDuration(probe.durationSeconds)
  refuseOwnersDuration(probe.durationSeconds, durationSecondsMax)
  const { width, height } = probe.video
  return { ...probe, video: probe.video, width, height }
}

function refuseStreamCount(count: number): void {
  const { streamsMax } = MEDIA_LIMITS
  if (count <= streamsMax) return
  throw new PeekrError('source_too_complex', {
    message: `This file has ${count} streams; this server accepts at most ${streamsMax}. Export it again with one picture and one sound track.`,
  })
}

function refusalWithoutVideo({ audio, hasCoverArt }: SourceProbe): PeekrError {
  if (audio === null) return new PeekrError('source_not_video')
  if (!hasCoverArt) return new PeekrError('source_audio_only')
  return new PeekrError('source_audio_only', {
    message:
      'This file has sound and a cover picture, but no moving picture. Peekr plays videos; upload a file with a video track.',
  })
}

function refuseSize({ codedWidth, codedHeight, width, height }: SourceVideo): void {
  const { pixelsMax, sideMax } = MEDIA_LIMITS
  const fits = codedWidth * codedHeight <= pixelsMax && width * height <= pixelsMax
  if (fits && Math.max(codedWidth, codedHeight, width, height) <= sideMax) return
  throw new PeekrError('source_too_complex', {
    message: `This video's picture of ${codedWidth} × ${codedHeight} is larger than this server accepts (8192 × 4352). Export it smaller and upload it again.`,
  })
}

function refuseDuration(seconds: number | null): void {
  const { durationSecondsMax } = MEDIA_LIMITS
  if (seconds === null || seconds <= durationSecondsMax) return
  throw new PeekrError('source_too_complex', {
    message: `This video says it is ${Math.round(seconds / 3600)} hours long; this server accepts up to ${durationSecondsMax / 3600}. Cut it into parts and upload those.`,
  })
}

function refuseOwnersDuration(seconds: number | null, secondsMax: number | null): void {
  if (seconds === null || secondsMax === null || seconds <= secondsMax) return
  throw new PeekrError('source_too_complex', {
    message: `This video is ${formatDuration(seconds)} long; your account may upload up to ${formatDuration(secondsMax)}. Cut it into parts, or ask an administrator for more.`,
  })
}
