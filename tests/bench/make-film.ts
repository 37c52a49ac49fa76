import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runFfmpeg } from '../support/make-clip.ts'
import { requireTestMedia } from '../support/media.ts'

export interface FilmOptions {
  folder: string
  name: string
  seconds: number
  height: number
  /**
   * H.264 with a key frame each second and AAC, which can be copied; or what has to be encoded: MPEG-4 part 2, which is
   * made and decoded with next to no work, or HEVC with a key frame each second, as phones write it.
   */
  kind: 'copyable' | 'foreign' | 'phone'
  bitrateBps: number
}

const PIECE_SECONDS = 8

/** A film of any length from real footage at any size: eight seconds of it encoded once, its picture then repeated packet by packet. */
export async function makeFilm(options: FilmOptions): Promise<string> {
  const { folder, name, seconds, height, kind, bitrateBps } = options
  const path = join(folder, name)
  const piece = join(folder, `piece-${name}`)
  const limits = [
    '-b:v',
    String(bitrateBps),
    '-maxrate',
    String(bitrateBps * 1.5),
    '-bufsize',
    String(bitrateBps * 2),
  ]
  const codecs = {
    copyable: ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '30', ...limits],
    foreign: ['-c:v', 'mpeg4', '-b:v', String(bitrateBps)],
    phone: [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'keyint=30:log-level=error',
      '-tag:v',
      'hvc1',
      ...limits,
    ],
  }
  await runFfmpeg([
    ...['-i', await requireTestMedia('cup.mp4', folder), '-t', String(PIECE_SECONDS)],
    ...['-vf', `scale=-2:${height}:out_color_matrix=bt709:out_range=tv,fps=30,format=yuv420p`],
    ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
    ...codecs[kind],
    ...['-c:a', 'aac', '-b:a', '128k', '-y', piece],
  ])
  await runFfmpeg([
    ...['-stream_loop', String(Math.ceil(seconds / PIECE_SECONDS)), '-i', piece, '-t', String(seconds)],
    // The packets of the sound would leave a gap at each turn.
    ...['-c:v', 'copy', '-af', 'aresample=async=1', '-c:a', 'aac', '-b:a', '128k', '-y', path],
  ])
  await rm(piece)
  return path
}
