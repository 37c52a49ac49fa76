/** Demuxers of FFmpeg's whose clock may start over (AVFMT_TS_DISCONT), among those that are allowed. */
const CLOCK_MAY_JUMP = /(?:^|,)(?:mpegts|mpeg|ogg)(?:,|$)/

/**
 * The options that keep picture and sound apart as far as they are in the file, though each is read by an FFmpeg of its own.
 * Pure. Of a transport stream FFmpeg 5.1 takes the first packet of what is mapped for the beginning, not that of the file, unless
 * its input is shifted (ffmpeg.c, "Correcting start time"); a microsecond is enough. Seen: sound 23 ms early in every clip.
 */
export function keepStart(container: string): string[] {
  return CLOCK_MAY_JUMP.test(container) ? ['-itsoffset', '0.000001'] : []
}
