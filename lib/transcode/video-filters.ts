import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { isHdr, TONE_MAP } from '#lib/media/color-filters'
import { MEDIA_LIMITS } from '#lib/media/media-limits'

export interface FilterPlan {
  probe: SourceProbe & { video: SourceVideo }
  rungs: readonly LadderRung[]
  toneMap: boolean
}

/**
 * The filter graph of a whole ladder, each rung labelled with its name. Pure. Every size is scaled from the one above it
 * (bicubic: within 0.3 dB of scaling from the source, and faster). FFmpeg has turned the picture already.
 */
export function buildVideoFilters({ probe, rungs, toneMap }: FilterPlan): string {
  const { video } = probe
  const head = [...startAtZero(probe), ...deinterlace(video), ...limitFrameRate(video)]
  return rungs
    .map((rung, index) => {
      const first = index === 0
      const source = first ? `[0:${video.streamIndex}]` : `[below${index}]`
      const filters = [
        ...(first ? head : []),
        `scale=${rung.width}:${rung.height}:flags=bicubic`,
        ...(first && toneMap && isHdr(video) ? TONE_MAP : []),
        ...(first ? ['format=yuv420p'] : []),
        // An even width is not exactly in proportion; players must not correct that.
        'setsar=1',
      ]
      const last = index === rungs.length - 1
      const end = last ? `[${rung.name}]` : `,split=2[${rung.name}][below${index + 1}]`
      return `${source}${filters.join(',')}${end}`
    })
    .join(';')
}

/**
 * A picture that starts after the sound would leave a hole players stop at, so its first frame is shown from 0. By time,
 * not by number: frame numbers start again when the resolution changes in the middle.
 */
function startAtZero({ video, startSeconds }: SourceProbe & { video: SourceVideo }): string[] {
  const late = (video.startSeconds ?? 0) - (startSeconds ?? 0)
  if (!(late > 0.001)) return []
  const until = late + 0.5 / (video.frameRate ?? 30)
  return [`setpts='if(lt(T,${until.toFixed(6)}),0,PTS)'`]
}

function deinterlace({ interlaced }: SourceVideo): string[] {
  return interlaced ? ['bwdif=mode=send_frame:deint=interlaced'] : []
}

function limitFrameRate({ frameRate }: SourceVideo): string[] {
  const { frameRateMax } = MEDIA_LIMITS
  return frameRate !== null && frameRate > frameRateMax * 1.02 ? [`fps=${frameRateMax}`] : []
}
