import { resolve } from 'node:path'
import type { Command } from 'commander'
import { drillBackup } from '#lib/catalog/backup/drill-backup'
import { type RestoreResult, restoreLibrary } from '#lib/catalog/backup/restore-library'
import { restoreVideo } from '#lib/catalog/backup/restore-video'
import { getConfig } from '#lib/config'
import { disconnectDatabase } from '#lib/db/connect'
import { formatBytes, plural } from '#lib/domain/format'
import { closePool } from '#lib/jobs/pool'
import { forgetSingleton, singleton } from '#lib/singleton'
import { mountImageIfNeeded } from '#lib/storage/mount-image'
import { printReport, readAccess } from './backup.ts'
import { withLibrary } from './with-library.ts'

interface Options {
  into?: string
  video?: string
  at?: string
  drill?: boolean
  scratch?: string
  passphraseFile?: string
  sshConfig?: string
  json?: boolean
}

/** `peekr restore`: a library, or one video, out of a backup. */
export function registerRestoreCommand(program: Command): void {
  program
    .command('restore <source>')
    .description('make a library out of a backup, in an empty data folder; or bring one video back')
    .option('--into <folder>', 'the data folder to make, instead of PEEKR_DATA')
    .option('--video <id>', 'bring only this video back, into the library in use')
    .option('--at <name>', 'which backup (default: the newest)')
    .option(
      '--drill',
      'restore into a scratch folder, compare with the signed manifests, and remove it again',
    )
    .option('--scratch <folder>', 'with --drill: an existing folder for it (default: the data folder)')
    .option('--passphrase-file <file>', 'the first line opens the key of the manifests')
    .option('--ssh-config <file>', 'settings for ssh, instead of your own')
    .option('--json', 'print JSON')
    .action(run)
}

async function run(where: string, options: Options): Promise<void> {
  const { into, video, drill = false, json = false } = options
  const say = json ? undefined : (line: string) => console.log(line)
  const access = { where, ...(await readAccess(options)) }
  if (into !== undefined) setDataFolder(resolve(into))
  const { dataPath } = getConfig()
  try {
    if (drill) {
      const scratchPath = resolve(options.scratch ?? dataPath)
      printReport(await drillBackup({ ...access, scratchPath, say }), true, json)
    } else if (video !== undefined) {
      const restored = await withLibrary(() => restoreVideo({ ...access, videoId: video }))
      if (json) console.log(JSON.stringify(restored))
      else if (restored.undo === null)
        console.log(`The video is back, as it was in the backup ${restored.name}.`)
      else {
        console.log(`The video is as it was in the backup ${restored.name}. To take it back:`)
        console.log(`  peekr snapshot restore ${video} ${restored.undo}`)
      }
    } else {
      await mountImageIfNeeded(dataPath)
      const result = await restoreLibrary({ ...access, say })
      if (result.damaged.length > 0) process.exitCode = 1
      console.log(json ? JSON.stringify(result) : describe(result))
    }
  } finally {
    await closePool()
    await disconnectDatabase()
  }
}

/** The folder takes the place of PEEKR_DATA for this command. */
function setDataFolder(dataPath: string): void {
  const config = { ...getConfig(), dataPath }
  forgetSingleton('config')
  singleton('config', () => config)
}

function describe(result: RestoreResult): string {
  const { name, dataPath, videoCount, fileCount, sizeBytes, damaged, lostUploads } = result
  const lines = damaged.map(({ videoId, sentence }) => `${videoId}: ${sentence}`)
  if (lostUploads.length > 0) {
    lines.push(
      `${plural(lostUploads.length, 'upload')} had not arrived and must be made again: ${lostUploads.join(' ')}`,
    )
  }
  const proved = `${plural(fileCount, 'file')} (${formatBytes(sizeBytes)}) compared with the signed manifests`
  lines.push(`The backup ${name} is restored in ${dataPath}: ${plural(videoCount, 'video')}, ${proved}.`)
  lines.push('Start Peekr on it with PEEKR_DATA set to that folder. Everybody has to sign in again.')
  return lines.join('\n')
}
