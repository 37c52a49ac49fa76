export interface Cue {
  startSeconds: number
  endSeconds: number
  /** Lines of text; of its markup only `<b>`, `<i>` and `<u>` mean anything. */
  text: string
}

const CUES_MAX = 50_000
const TEXT_LENGTH_MAX = 2_000
/** Where the timeline of every segment begins (RFC 8216 §3.5), in ticks of 1/90,000 s. */
const TIMESTAMP_MAP = 'X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:'

/**
 * The cues of a WebVTT text that FFmpeg wrote. Pure. Settings, notes, styles and regions are a stranger's and are dropped, as
 * are cues that begin behind the end of the film: nobody would see them.
 */
export function parseCues(text: string, durationSeconds: number | null): Cue[] {
  const last = durationSeconds ?? Number.POSITIVE_INFINITY
  const blocks = text.replace(/\r\n?/g, '\n').split(/\n{2,}/)
  const cues: Cue[] = []
  for (const block of blocks) {
    if (cues.length >= CUES_MAX) break
    const lines = block.split('\n')
    const at = lines.findIndex((line) => line.includes('-->'))
    const [, start, end] = /^\s*([\d:.]+)\s+-->\s+([\d:.]+)/.exec(lines[at] ?? '') ?? []
    const [startSeconds, endSeconds] = [parseTime(start), parseTime(end)]
    const words = lines
      .slice(at + 1)
      .join('\n')
      .trim()
      .slice(0, TEXT_LENGTH_MAX)
    if (startSeconds === null || endSeconds === null || words === '') continue
    if (endSeconds <= startSeconds || startSeconds >= last) continue
    cues.push({ startSeconds, endSeconds: Math.min(endSeconds, last), text: words })
  }
  return cues.sort((a, b) => a.startSeconds - b.startSeconds)
}

/**
 * A WebVTT file of these cues, which is a segment of a subtitle rendition and a file for a `<track>` alike: browsers skip the
 * line that ties it to the timeline of the segments. Pure. All markup but three tags is shown as it is written.
 * @param startSeconds where the film's zero lies on that timeline.
 */
export function writeCaptions(cues: readonly Cue[], startSeconds: number): string {
  const blocks = cues.map(
    (cue) => `${formatTime(cue.startSeconds)} --> ${formatTime(cue.endSeconds)}\n${escapeText(cue.text)}\n`,
  )
  return [`WEBVTT\n${TIMESTAMP_MAP}${Math.round(startSeconds * 90_000)}\n`, ...blocks].join('\n')
}

function parseTime(time: string | undefined): number | null {
  const [, hours = '0', minutes, seconds] = /^(?:(\d{1,4}):)?(\d\d):(\d\d\.\d{3})$/.exec(time ?? '') ?? []
  return seconds === undefined ? null : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

function formatTime(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const [whole, rest] = [Math.floor(milliseconds / 1000), milliseconds % 1000]
  const clock = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map(two).join(':')
  return `${clock}.${String(rest).padStart(3, '0')}`
}

/** An empty line would end the cue, and an arrow begin another. */
function escapeText(text: string): string {
  return (
    text
      .replace(/\n{2,}/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
      .replace(/&(?!(?:amp|lt|gt|nbsp|lrm|rlm);)/g, '&amp;')
      .replace(/<(?!\/?[biu]>)/g, '&lt;')
      .replace(/(<\/?[biu]>)|>/g, (_, tag: string | undefined) => tag ?? '&gt;')
  )
}
