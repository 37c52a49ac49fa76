import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireTestMedia, type TestMedia } from '../support/media.ts'
import type { Measurement } from './serve.ts'

const run = promisify(execFile)
const FOOTAGE: TestMedia[] = ['cup.mp4', 'box.mp4', 'vtest.avi']
const QUALITIES = [19, 21, 23, 25, 27, 29]
const SECONDS = 8

/**
 * What each step of libx264's constant quality costs and gives on real footage: bits a second, and SSIM against the
 * source, in the source's own size. The default in the ladder is explained by it.
 */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-quality-'))
  try {
    for (const name of FOOTAGE) {
      const source = await requireTestMedia(name, folder)
      for (const crf of QUALITIES) {
        const path = join(folder, 'encoded.mp4')
        const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), '-profile:v', 'high']
        const input = ['-nostdin', '-hide_banner', '-t', String(SECONDS), '-i', source]
        await run('/usr/bin/ffmpeg', [
          ...input,
          '-v',
          'error',
          '-an',
          ...codec,
          '-pix_fmt',
          'yuv420p',
          '-g',
          '100',
          '-y',
          path,
        ])
        const compare = [
          ...input,
          '-i',
          path,
          '-lavfi',
          '[0:v]format=yuv420p[a];[a][1:v]ssim',
          '-f',
          'null',
          '-',
        ]
        const { stderr } = await run('/usr/bin/ffmpeg', compare)
        const ssim = Number(/All:([\d.]+)/.exec(stderr)?.[1])
        const kbps = Math.round(((await stat(path)).size * 8) / SECONDS / 1000)
        const note = `${name}, ${SECONDS} s, libx264 veryfast -crf ${crf}`
        emit({ metric: `quality.${name}.crf_${crf}.ssim`, value: ssim, unit: 'ssim', note, kbps })
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
