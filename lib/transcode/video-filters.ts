import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { buildStandardColors, STANDARD_TAGS } from '#lib/media/color-filters'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import { buildCardScale, CARD_DOWNLOAD } from '#lib/media/nvenc-arguments'

export interface FilterPlan {
  probe: SourceProbe & { video: SourceVideo }
  rungs: readonly LadderRung[]
  /** Whether to convert colours with zscale; without it HDR merely is paler. */
  exactColors: boolean
  /** The part of the source to encode. */
  window: EncodeWindow
  /** Whether another unit follows, so that the end of this one is to be proved. */
  hasTail: boolean
  /** Whether frames stay on the card from decoding to encoding. */
  card: boolean
  /** With `card`: the first so many rungs are encoded there, and the others leave it. */
  sessions: number
}

/** In the source's time. Frames are in it when start ≤ time < end. */
export interface EncodeWindow {
  startSeconds: number
  endSeconds: number
  /** How far before each border both its sides write down what they saw. */
  seamSeconds: number
}

/** The labels of the outputs that prove a border: what both its sides saw just before it. */
export const SEAM_HEAD = 'seamhead'
export const SEAM_TAIL = 'seamtail'

/**
 * The filter graph of a whole ladder, each rung labelled with its name. Pure. Every size is scaled from the one above it
 * (bicubic: within 0.3 dB of scaling from the source, and faster). FFmpeg has turned the picture already.
 */
export function buildVideoFilters(plan: FilterPlan): string {
  const { probe, rungs, window, hasTail, card } = plan
  const { video } = probe
  const head = [...startAtZero(probe), ...deinterlace(video), ...limitFrameRate(video)]
  const cut = cutWindow(window, hasTail, card)
  const opening = [`[0:${video.streamIndex}]${[...head, cut.split].join(',')}`, ...cut.seams]
  const chain = rungs.map((rung, index) => {
    const first = index === 0
    const source = first ? '[main]' : `[below${index}]`
    const filters = [
      ...(first ? [cut.trim] : []),
      ...(card ? [buildCardScale(rung)] : scaleOnCpu(plan, rung, first)),
      // An even width is not exactly in proportion; players must not correct that.
      'setsar=1',
    ]
    const last = index === rungs.length - 1
    const download = card && index >= plan.sessions ? [...CARD_DOWNLOAD, 'format=yuv420p'] : []
    if (last) return `${source}${[...filters, ...download].join(',')}[${rung.name}]`
    const below = `split=2[${download.length > 0 ? `card${index}` : rung.name}][below${index + 1}]`
    const down = download.length > 0 ? `;[card${index}]${download.join(',')}[${rung.name}]` : ''
    return `${source}${filters.join(',')},${below}${down}`
  })
  return [...opening, ...chain].join(';')
}

function scaleOnCpu({ probe, exactColors }: FilterPlan, rung: LadderRung, first: boolean): string[] {
  const scale = `scale=${rung.width}:${rung.height}:flags=bicubic`
  // What is done to the first is done to all that are scaled from it.
  if (!first) return [scale]
  return [...buildStandardColors(probe.video, scale, exactColors), 'format=yuv420p', STANDARD_TAGS]
}

/**
 * Frames are cut by their time, after whatever needs its neighbours and before the sizes: the same comparison with the same
 * number on both sides of a border, so each frame is on one side. What seeking gave too early is thrown away here.
 */
function cutWindow({ startSeconds, endSeconds, seamSeconds }: EncodeWindow, hasTail: boolean, card: boolean) {
  const seams = [
    ...(startSeconds > 0 ? [{ label: SEAM_HEAD, at: startSeconds }] : []),
    ...(hasTail ? [{ label: SEAM_TAIL, at: endSeconds }] : []),
  ]
  const labels = ['main', ...seams.map(({ label }) => `${label}0`)].map((label) => `[${label}]`)
  const download = card ? `${CARD_DOWNLOAD.join(',')},` : ''
  const between = (from: number, to: number) => `trim=start=${from.toFixed(6)}:end=${to.toFixed(6)}`
  // FFmpeg says nothing of how far it is before every output has begun (ffmpeg.c, print_report), and what proves the end would
  // begin with the last second: a unit that takes long would look dead. So the very first picture goes there as well.
  const see = (at: number) =>
    `trim=end=${at.toFixed(6)},select='eq(n,0)+gte(t,${Math.max(0, at - seamSeconds).toFixed(6)})'`
  return {
    split: `split=${labels.length}${labels.join('')}`,
    // A picture this small still tells it from its neighbours, and from a damaged one.
    seams: seams.map(
      ({ label, at }) => `[${label}0]${see(at)},${download}scale=32:32:flags=area,format=gray[${label}]`,
    ),
    trim: startSeconds > 0 ? between(startSeconds, endSeconds) : `trim=end=${endSeconds.toFixed(6)}`,
  }
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
