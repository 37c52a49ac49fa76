import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { planAlerts } from '#lib/admin/plan-alerts'
import { getConfig, parseSize } from '#lib/config'
import { formatBytes } from '#lib/domain/format'
import { PeekrError } from '#lib/errors'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { describeMount, type MountLines } from '#lib/storage/image/describe-mount'
import { initDevices } from '#lib/storage/image/init-devices'
import { type InitLoopResult, initLoopImage } from '#lib/storage/image/init-loop-image'
import {
  buildDeviceFstabLine,
  buildFstabLine,
  buildMountImage,
  buildSudoCommand,
  quote,
} from '#lib/storage/image/mount-arguments'
import { findUnmountedImage } from '#lib/storage/mount-image'
import { openStorage } from '#lib/storage/open-storage'
import { describeHealth, scrubStorage } from './storage-health.ts'
import { verifyStorage } from './storage-verify.ts'

/** `peekr storage init`, `status`, `verify` and `scrub`. */
export function registerStorageCommands(program: Command): void {
  const storage = program.command('storage').description('where the videos are kept')
  storage
    .command('init')
    .description('put the data folder on Btrfs, for snapshots and checksums')
    .option('--loop <size>', 'size of the Btrfs image file to make beside it, e.g. 50G', parseSizeOption)
    .option('--devices <device...>', 'or empty disks to put it on, e.g. /dev/sdb /dev/sdc')
    .option('--raid1', 'with --devices: keep everything on two of them, so that damage is repaired')
    .option('--path <folder>', 'the data folder, instead of PEEKR_DATA')
    .option('--json', 'print JSON')
    .action(initStorage)
  storage
    .command('status')
    .description('show the driver, the path and the space')
    .option('--path <folder>', 'the data folder, instead of PEEKR_DATA')
    .option('--json', 'print JSON')
    .action(printStatus)
  storage
    .command('verify')
    .argument('[video]', 'the id of one video, instead of all')
    .description('read every byte of what is published and compare it with what it was; repair what can be')
    .option('--json', 'print JSON')
    .action(verifyStorage)
  storage
    .command('scrub')
    .argument('[action]', 'start, stop or status', 'status')
    .description('have Btrfs read all of its disks, and repair what has another copy')
    .option('--path <folder>', 'the data folder, instead of PEEKR_DATA')
    .option('--json', 'print JSON')
    .action(scrubStorage)
}

function parseSizeOption(text: string): number {
  if (/^\d+(?:\.\d+)?\s*[KMGT]?i?B?$/i.test(text)) return parseSize(text)
  throw new InvalidArgumentError('Give a size such as 500M, 20G or 1T.')
}

interface InitOptions {
  loop?: number
  devices?: string[]
  raid1?: boolean
  path?: string
  json?: boolean
}

async function initStorage(options: InitOptions): Promise<void> {
  const { loop, devices, raid1 = false, json } = options
  if ((loop === undefined) === (devices === undefined) || (raid1 && devices === undefined)) {
    throw new PeekrError('invalid_input', {
      message:
        'Say where: `--loop 50G` for an image file, or `--devices /dev/sdb /dev/sdc --raid1` for empty disks.',
    })
  }
  const dataPath = resolve(options.path ?? getConfig().dataPath)
  if (process.geteuid?.() !== 0) {
    // sudo drops PEEKR_DATA, so the folder is named.
    const where = loop === undefined ? ['--devices', ...(devices ?? [])] : ['--loop', String(loop)]
    const args = ['storage', 'init', ...where, ...(raid1 ? ['--raid1'] : []), '--path', dataPath]
    const command = buildSudoCommand(process.execPath, [process.argv[1] ?? 'peekr', ...args])
    throw new PeekrError('forbidden', {
      message: `Making and mounting a filesystem needs root. Run:\n  ${command}`,
    })
  }
  const say = json ? undefined : (line: string) => console.log(line)
  if (devices !== undefined) return initOnDevices({ dataPath, devices, raid1, say })
  const result = await initLoopImage({ dataPath, sizeBytes: loop ?? 0, say })
  const { paths, previousData, done } = result
  const { fstabLine, unit } = await describeMount(buildFstabLine(paths.image, paths.dataPath))
  if (json) console.log(JSON.stringify({ done, ...paths, previousData, fstabLine, unit }))
  else if (done === 'nothing') console.log(`${paths.dataPath} is on Btrfs already. There is nothing to do.`)
  else console.log(describeInit(result, { fstabLine, unit }))
}

async function initOnDevices(options: Parameters<typeof initDevices>[0]): Promise<void> {
  const { dataPath, uuid, previousData } = await initDevices(options)
  const lines = await describeMount(buildDeviceFstabLine(uuid, dataPath))
  if (options.say === undefined) {
    console.log(JSON.stringify({ done: 'made', dataPath, uuid, previousData, ...lines }))
    return
  }
  console.log(`${dataPath} is on Btrfs now.\n\n${describeMounting(lines)}`)
  if (previousData !== null) console.log(`\n${describePrevious(previousData)}`)
}

function describeMounting({ fstabLine, unit }: MountLines): string {
  const lines = [
    '`peekr start` mounts it again when it runs as root. To have the machine do it, add this line to /etc/fstab:',
    `  ${fstabLine}`,
  ]
  if (unit !== null) {
    lines.push('', `Or, with systemd, write this to ${unit.path} and enable it:`)
    lines.push(
      ...unit.text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
    )
  }
  return lines.join('\n')
}

function describePrevious(previousData: string): string {
  return `Your data as it was is kept. When you have seen that everything works, remove it:\n  sudo rm -r ${quote(previousData)}`
}

function describeInit({ paths, previousData }: InitLoopResult, mounting: MountLines): string {
  const { dataPath, image } = paths
  const lines = [
    `${dataPath} is on Btrfs now.`,
    '',
    describeMounting(mounting),
    '',
    'To undo it, stop Peekr, then run:',
    `  sudo cp -a ${quote(dataPath)} ${quote(`${dataPath}.plain`)}`,
    `  sudo umount ${quote(dataPath)} && sudo rmdir ${quote(dataPath)} && sudo rm ${quote(image)}`,
    `  sudo mv ${quote(`${dataPath}.plain`)} ${quote(dataPath)}`,
  ]
  if (previousData !== null) lines.push('', describePrevious(previousData))
  return lines.join('\n')
}

async function printStatus(options: { path?: string; json?: boolean }): Promise<void> {
  const dataPath = resolve(options.path ?? getConfig().dataPath)
  const unmounted = await findUnmountedImage(dataPath)
  if (unmounted !== null) {
    throw new PeekrError('storage_unavailable', {
      message: `The videos are in ${unmounted.image}, which is not mounted. Run \`peekr start\` as root, or \`${buildSudoCommand('mount', buildMountImage(unmounted.image, unmounted.dataPath))}\`.`,
    })
  }
  const library = await openStorage({ dataPath, runBtrfs })
  const [description, health] = [await library.describe(), await library.health()]
  const alerts = planAlerts(health, NOTHING_KNOWN)
  if (options.json) {
    console.log(JSON.stringify({ ...description, health, alerts }))
    return
  }
  const { driver, path, totalBytes, freeBytes, advice } = description
  console.log(`Driver  ${driver}`)
  console.log(`Path    ${path}`)
  console.log(`Total   ${formatBytes(totalBytes)}`)
  console.log(`Free    ${formatBytes(freeBytes)}`)
  for (const line of describeHealth(health)) console.log(line)
  for (const { sentence } of alerts) console.log(`\nALERT  ${sentence}`)
  if (advice !== null) console.log(`\n${advice}`)
}

/** What only the database knows is left out: this works without it. */
const NOTHING_KNOWN = { quarantinedCount: 0, isLow: false, freeBytes: 0, markBytes: 0 }
