import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type BtrfsLoop, unmount, whyNoBtrfsLoop, withBtrfsLoop } from '../support/btrfs-loop.ts'
import { makeClip } from '../support/make-clip.ts'
import type { CutReport } from './check-after-power-cut.ts'
import { createRandom, type FaultCase, type FaultOptions, type FaultOutcome } from './fault-case.ts'

const exec = promisify(execFile)
const LEGS = ['a.img', 'b.img']
const LEG_MIB = 400
/** Of each load, before its disks are looked at: two filesystems with one UUID cannot be mounted at a time. */
const CUTS_A_ROUND = 10
const FIRST_CUT_MS = 3_000
const PUBLISH_MS_MAX = 120_000
const CUT_MS_MAX = 2_500
const IMAGES_A_KILL = 10

/** A RAID1 of two files on an outer Btrfs, both in one snapshot of it at a random moment under load, mounted and looked at. */
export const cutPower: FaultCase = {
  promise:
    'After a power cut every mount is clean, no published video misses anything, and a restart leaves nothing over.',
  run: (options) => cutPowerTimes({ ...options, images: options.kills * IMAGES_A_KILL }),
}

export async function cutPowerTimes(options: FaultOptions & { images: number }): Promise<FaultOutcome> {
  const { seed, images, onProgress } = options
  const why = whyNoBtrfsLoop()
  if (why !== false) return { figures: { skipped: why }, violations: [] }
  const random = createRandom(seed)
  const figures = {
    images: 0,
    'mounts that were not clean': 0,
    'published videos looked at': 0,
    'files compared with their manifests': 0,
    'published videos that miss anything (promise 2)': 0,
    'things told and not so': 0,
    'left over after a restart (promise 3)': 0,
    'seconds until every upload was ready, at most (promise 3)': 0,
  }
  const violations: string[] = []
  const folder = await mkdtemp(join(tmpdir(), 'peekr-power-'))
  const outer = await withBtrfsLoop({ sizeMib: 6_000 })
  try {
    const clip = await makeClip({ folder, seconds: 1, width: 160, height: 120, frameRate: 10 })
    while (figures.images < images) {
      const count = Math.min(CUTS_A_ROUND, images - figures.images)
      // With the long interval nothing is saved but what Peekr itself asks for.
      const commit = random() < 0.5 ? 300 : 5
      const cuts = await runUnderLoad({ outer, folder, clip, count, commit, random })
      for (const cut of cuts) {
        const { problems, report } = await lookAt(outer, cut)
        figures.images += 1
        figures['mounts that were not clean'] += problems.length > 0 ? 1 : 0
        figures['published videos looked at'] += report?.publishedCount ?? 0
        figures['files compared with their manifests'] += report?.fileCount ?? 0
        figures['published videos that miss anything (promise 2)'] += report?.incomplete.length ?? 0
        figures['things told and not so'] += report?.untrue.length ?? 0
        figures['left over after a restart (promise 3)'] += report?.leftOver.length ?? 0
        figures['seconds until every upload was ready, at most (promise 3)'] = Math.max(
          figures['seconds until every upload was ready, at most (promise 3)'],
          Math.ceil(report?.settledSeconds ?? 0),
        )
        const { incomplete = [], untrue = [], leftOver = [] } = report ?? {}
        const said = [
          ...problems,
          ...incomplete,
          ...untrue.map((one) => `told and not so: ${one}`),
          ...leftOver,
        ]
        violations.push(...said.map((one) => `image ${figures.images}, commit=${commit}: ${one}`))
      }
      onProgress(`${figures.images} images, ${figures['published videos looked at']} published videos`)
    }
  } finally {
    await outer.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { figures, violations }
}

interface Cut {
  /** The snapshot of the outer filesystem that has both legs. */
  path: string
  /** A file with what had been told by then. */
  toldPath: string
}

async function runUnderLoad(options: {
  outer: BtrfsLoop
  folder: string
  clip: string
  count: number
  commit: number
  random: () => number
}): Promise<Cut[]> {
  const { outer, folder, clip, count, commit, random } = options
  const disks = join(outer.path, 'disks')
  const mounted = join(outer.path, 'mounted')
  await exec('btrfs', ['subvolume', 'create', disks])
  for (const leg of LEGS) {
    await writeFile(join(disks, leg), '')
    await truncate(join(disks, leg), LEG_MIB * 1024 ** 2)
  }
  const devices = await attach(disks)
  const cuts: Cut[] = []
  let child: ChildProcess | null = null
  try {
    await exec('mkfs.btrfs', ['-q', '-f', '-m', 'raid1', '-d', 'raid1', ...devices])
    await mountDevices(devices, mounted, [`commit=${commit}`])
    const dataPath = join(mounted, 'data')
    await mkdir(dataPath)
    const told: string[] = []
    child = await startLoad(dataPath, [clip, String(Math.floor(random() * 2 ** 31))], told)
    await waitForPublish(told)
    await sleep(FIRST_CUT_MS)
    for (let index = 0; index < count; index += 1) {
      await sleep(random() * CUT_MS_MAX)
      // Only what had been told before the cut must be true after it.
      const before = [...told]
      const path = join(outer.path, `cut-${index}`)
      await exec('btrfs', ['subvolume', 'snapshot', disks, path])
      const toldPath = join(folder, `told-${index}`)
      await writeFile(toldPath, before.join('\n'))
      cuts.push({ path, toldPath })
    }
  } finally {
    if (child !== null) await stop(child)
    await unmount(mounted)
    await detach(devices)
    await exec('btrfs', ['subvolume', 'delete', disks])
  }
  return cuts
}

async function lookAt(outer: BtrfsLoop, cut: Cut): Promise<{ problems: string[]; report: CutReport | null }> {
  const mounted = join(outer.path, 'mounted')
  const devices = await attach(cut.path)
  try {
    const checked = await exec('btrfs', ['check', '--readonly', devices[0] ?? '']).then(
      () => null,
      (error) => `btrfs check: ${String(error.stderr).trim().slice(-500)}`,
    )
    if (checked !== null) return { problems: [checked], report: null }
    const refused = await mountDevices(devices, mounted, []).then(
      () => null,
      (error) => `mount: ${String(error.stderr ?? error).trim()}`,
    )
    if (refused !== null) return { problems: [refused], report: null }
    return { problems: [], report: await runCheck(join(mounted, 'data'), cut.toldPath) }
  } finally {
    await unmount(mounted)
    await detach(devices)
    await exec('btrfs', ['subvolume', 'delete', cut.path])
  }
}

async function runCheck(dataPath: string, toldPath: string): Promise<CutReport> {
  const path = resolve(import.meta.dirname, 'check-after-power-cut.ts')
  const options = { env: buildEnvironment(dataPath), timeout: 300_000, killSignal: 'SIGKILL' as const }
  const { stdout } = await exec(process.execPath, [path, toldPath], options)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as CutReport
}

async function startLoad(dataPath: string, args: string[], told: string[]): Promise<ChildProcess> {
  const path = resolve(import.meta.dirname, 'use-library.ts')
  const child = spawn(process.execPath, [path, ...args], {
    env: buildEnvironment(dataPath),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  await Promise.race([once(lines, 'line'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error('the load did not start')
  lines.on('line', (line) => told.push(line))
  return child
}

/** However slow the machine, there is something to lose. */
async function waitForPublish(told: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + PUBLISH_MS_MAX; performance.now() < deadline; await sleep(100)) {
    if (told.some((line) => line.includes('"published"'))) return
  }
  throw new Error('the load published nothing within two minutes')
}

/** Its database and its encoders end with it; the filesystem is let go when they have. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function buildEnvironment(dataPath: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  const settings = { PEEKR_DATA: dataPath, PEEKR_RESERVE: '0', PEEKR_ENCODER: 'x264', PEEKR_LADDER: '144' }
  return { PATH, HOME, TMPDIR, ...settings } as unknown as NodeJS.ProcessEnv
}

async function attach(folder: string): Promise<string[]> {
  const devices: string[] = []
  for (const leg of LEGS) {
    const { stdout } = await exec('losetup', ['-f', '--show', join(folder, leg)])
    devices.push(stdout.trim())
  }
  return devices
}

/** Also makes the kernel forget them: the next pair has the same UUID. */
async function detach(devices: string[]): Promise<void> {
  for (const device of devices) {
    await exec('btrfs', ['device', 'scan', '--forget', device]).catch(() => {})
    await exec('losetup', ['-d', device])
  }
}

async function mountDevices(devices: string[], path: string, options: string[]): Promise<void> {
  await mkdir(path, { recursive: true })
  const legs = devices.map((device) => `device=${device}`)
  await exec('btrfs', ['device', 'scan', ...devices])
  await exec('mount', [
    '-t',
    'btrfs',
    '-o',
    [...legs, 'noatime', ...options].join(','),
    devices[0] ?? '',
    path,
  ])
}
