import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { keepStart } from '#lib/media/keep-start'
import type { Judged } from './judge-source.ts'

const run = promisify(execFile)

/**
 * That every frame of the source is in every rung once, at its own time: compared with what FFmpeg decodes of the whole
 * source in one go, by times, and by what the pictures show at every segment's beginning and end.
 */
export async function checkExact(
  sourcePath: string,
  judged: Judged,
): Promise<{ frames: number; units: number }> {
  const wanted = await readSourceTimes(sourcePath, judged.probe.container)
  for (const { name } of judged.encoded.renditions) {
    const made = await readMadeTimes(judged, name)
    assert.equal(made.length, wanted.length, `${name}: frames`)
    for (const [at, time] of made.entries()) {
      const expected = wanted[at] ?? Number.NaN
      assert.ok(Math.abs(time - expected) < 0.0012, `${name}: frame ${at} at ${time} instead of ${expected}`)
    }
  }
  await checkContinuity(judged)
  return { frames: wanted.length, units: judged.plan.units.length }
}

/** The times of a whole decode, the earliest packet of the file at 0, as the pipeline counts. */
async function readSourceTimes(path: string, container: string): Promise<number[]> {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-loglevel',
    'error',
    '-copyts',
    '-start_at_zero',
    ...keepStart(container),
    '-i',
    `file:${path}`,
  ]
  const out = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base', '1:90000']
  const crc = ['-vf', 'scale=16:16', '-c:v', 'rawvideo', '-f', 'framecrc', '-']
  const { stdout } = await run('/usr/bin/ffmpeg', [...args, ...out, ...crc], { maxBuffer: 64 << 20 })
  const times = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Number(line.split(',')[2]) / TICKS_PER_SECOND)
  // A picture that starts after the sound is shown from the beginning.
  return times.map((time, at) => (at === 0 && time > 0.001 ? 0 : time))
}

async function readMadeTimes({ outputPath, plan }: Judged, rung: string): Promise<number[]> {
  const folder = join(outputPath, rung)
  const { segments } = parseMediaPlaylist(await readFile(join(folder, 'media.m3u8'), 'utf8'))
  const times: number[] = []
  for (const { name } of segments) {
    times.push(...readPictureTimes(await readFile(join(folder, name)), plan.segmentFormat))
  }
  return times.map((ticks) => ticks / TICKS_PER_SECOND - 10)
}

/** The renditions as a player gets them: all segments one after the other, decoded without an objection. */
async function checkContinuity({ outputPath, encoded }: Judged): Promise<void> {
  for (const { name } of encoded.renditions) {
    const path = join(outputPath, name, 'media.m3u8')
    const args = [
      '-hide_banner',
      '-nostdin',
      '-loglevel',
      'warning',
      '-err_detect',
      'crccheck+bitstream+buffer',
    ]
    const { stderr } = await run('/usr/bin/ffmpeg', [
      ...args,
      '-i',
      path,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ])
    assert.equal(stderr, '', `${name}: ${stderr.slice(0, 300)}`)
  }
}
