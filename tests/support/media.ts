import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const FOLDER = process.env.PEEKR_TEST_MEDIA || resolve(import.meta.dirname, '../../../shared/media')

// What each file is like, for the machines that do not have it.
const LIKENESS = {
  'cup.mp4': ['-t', '8', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  'box.mp4': [
    '-t',
    '15',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'libmp3lame',
  ],
  'vtest.avi': ['-t', '80', '-r', '10', '-s', '768x576', '-c:v', 'msmpeg4', '-b:v', '800k', '-an'],
} as const

export type TestMedia = keyof typeof LIKENESS

/** The path of a piece of real footage, or null where it is not at hand. */
export function findTestMedia(name: TestMedia): string | null {
  const path = join(FOLDER, name)
  return existsSync(path) ? path : null
}

/**
 * A copy of the footage in `folder`, or a clip of the same formats and length made there by FFmpeg.
 * @returns its path
 */
export async function requireTestMedia(name: TestMedia, folder: string): Promise<string> {
  const path = join(folder, name)
  const real = findTestMedia(name)
  if (real) {
    await copyFile(real, path)
    return path
  }
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=640x480:rate=30',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440',
  ]
  const args = ['-nostdin', '-y', '-v', 'error', ...inputs, ...LIKENESS[name], path]
  await promisify(execFile)('/usr/bin/ffmpeg', args, { timeout: 60_000 })
  return path
}
