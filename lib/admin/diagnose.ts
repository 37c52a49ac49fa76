import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { listTrials } from '#lib/admin/list-trials'
import { getConfig } from '#lib/config'
import { getServerTime } from '#lib/db/server-time'
import { toErrorData } from '#lib/errors'
import { getEncoderReport } from '#lib/jobs/encoder-report'
import { getLibrary } from '#lib/jobs/library'

/** One thing Peekr needs, and whether it is there, in a sentence that says what to do where it is not. */
export interface Finding {
  name: string
  works: boolean
  /** False for what Peekr can do without. */
  needed: boolean
  sentence: string
}

const VERSION_MS = 10_000

/** Tries everything Peekr needs on this machine. Never throws; each problem is a finding. Connect the database first. */
export async function diagnose(): Promise<Finding[]> {
  const { ffmpegPath, ffprobePath, sandbox } = getConfig()
  const checks: Promise<Finding | Finding[]>[] = [
    tryProgram('FFmpeg', ffmpegPath, ['-version'], 'apt-get install ffmpeg'),
    tryProgram('ffprobe', ffprobePath, ['-version'], 'apt-get install ffmpeg'),
    sandbox === 'off'
      ? Promise.resolve({
          name: 'Sandbox',
          works: false,
          needed: false,
          sentence:
            'PEEKR_SANDBOX is off: uploaded files are read without a sandbox. Remove the setting to have it.',
        })
      : tryProgram('Sandbox', '/usr/bin/bwrap', ['--version'], 'apt-get install bubblewrap'),
    tryDatabase(),
    tryStorage(),
    tryEncoders(),
  ]
  return (await Promise.all(checks)).flat()
}

async function tryProgram(name: string, path: string, args: string[], remedy: string): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(path, args, { timeout: VERSION_MS })
    return { name, works: true, needed: true, sentence: `${stdout.split('\n')[0]}` }
  } catch {
    return { name, works: false, needed: true, sentence: `${path} does not run. Install it: ${remedy}` }
  }
}

async function tryDatabase(): Promise<Finding> {
  try {
    await getServerTime()
    const kind = getConfig().mongodbUri === null ? 'the embedded database' : 'the server of MONGODB_URI'
    return { name: 'Database', works: true, needed: true, sentence: `${kind} answers.` }
  } catch (error) {
    return { name: 'Database', works: false, needed: true, sentence: toErrorData(error).message }
  }
}

async function tryStorage(): Promise<Finding> {
  try {
    const { driver, path, advice } = await (await getLibrary()).describe()
    const kind = driver === 'btrfs' ? 'Btrfs' : 'a plain folder'
    return {
      name: 'Storage',
      works: true,
      needed: true,
      sentence: `${kind} at ${path}. ${advice ?? ''}`.trim(),
    }
  } catch (error) {
    return { name: 'Storage', works: false, needed: true, sentence: toErrorData(error).message }
  }
}

async function tryEncoders(): Promise<Finding[]> {
  try {
    const trials = listTrials(await getEncoderReport())
    return trials.map((trial) => ({ ...trial, needed: trial.name === 'Encoder libx264' }))
  } catch (error) {
    return [{ name: 'Encoders', works: false, needed: true, sentence: toErrorData(error).message }]
  }
}
