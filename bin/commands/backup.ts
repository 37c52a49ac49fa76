import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { type BackUpResult, backUp } from '#lib/catalog/backup/back-up'
import { type DrillReport, drillBackup, verifyBackup } from '#lib/catalog/backup/drill-backup'
import { getConfig } from '#lib/config'
import { formatBytes, plural } from '#lib/domain/format'
import { PeekrError } from '#lib/errors'
import { closePool } from '#lib/jobs/pool'
import { parseOptions } from './parse-options.ts'
import { withLibrary } from './with-library.ts'

const count = z.coerce.number().int().min(0).max(1000)
const Options = z.object({
  plain: z.boolean().default(false),
  streams: z.boolean().default(false),
  verify: z.boolean().default(false),
  drill: z.boolean().default(false),
  at: z.string().optional(),
  scratch: z.string().optional(),
  passphraseFile: z.string().optional(),
  sshConfig: z.string().optional(),
  keepHours: count,
  keepDays: count,
  keepWeeks: count,
  keepMonths: count,
  json: z.boolean().default(false),
})
type Options = z.output<typeof Options>

/** `peekr backup`: a twin of the library, the proof that it is one, and the rehearsal of a restore. */
export function registerBackupCommand(program: Command): void {
  program
    .command('backup <target>')
    .description(
      'back the library up into a folder, another Btrfs, or ssh://user@host/folder; what is there already is not sent again',
    )
    .option('--plain', 'plain files that share what did not change, even on Btrfs')
    .option('--streams', 'files of `btrfs send`, even where the target could receive subvolumes')
    .option('--verify', 'make no backup: compare one with its hashes, where it is')
    .option(
      '--drill',
      'make no backup: bring one back into a scratch folder, and compare it with the signed manifests',
    )
    .option('--at <name>', 'with --verify and --drill: which backup (default: the newest)')
    .option('--scratch <folder>', 'with --drill: an existing folder for it (default: the data folder)')
    .option('--passphrase-file <file>', 'seal the key of the manifests with the first line of this file')
    .option('--ssh-config <file>', 'settings for ssh, instead of your own')
    .option('--keep-hours <number>', 'keep the newest backup of so many hours', '24')
    .option('--keep-days <number>', 'of so many days', '7')
    .option('--keep-weeks <number>', 'of so many weeks', '4')
    .option('--keep-months <number>', 'of so many months', '12')
    .option('--json', 'print JSON')
    .action((target: string, given: unknown) => run(target, parseOptions(Options, given)))
}

async function run(where: string, options: Options): Promise<void> {
  const { json, verify, drill } = options
  const say = json ? undefined : (line: string) => console.log(line)
  const access = { where, ...(await readAccess(options)) }
  if (verify || drill) {
    try {
      const scratchPath = resolve(options.scratch ?? getConfig().dataPath)
      const report = drill
        ? await drillBackup({ ...access, scratchPath, say })
        : await verifyBackup({ ...access, say })
      printReport(report, drill, json)
    } finally {
      await closePool()
    }
    return
  }
  const { plain, streams, keepHours, keepDays, keepWeeks, keepMonths } = options
  const rules = { hourly: keepHours, daily: keepDays, weekly: keepWeeks, monthly: keepMonths }
  const onBytes = json ? undefined : showProgress
  const result = await withLibrary(() => backUp({ ...access, plain, streams, rules, say, onBytes }))
  console.log(json ? JSON.stringify(result) : describe(result))
}

/** What both commands need to open a backup. @throws invalid_input */
export async function readAccess(options: Pick<Options, 'at' | 'passphraseFile' | 'sshConfig'>): Promise<{
  at: string | null
  passphrase: string | null
  sshConfigPath: string | null
}> {
  const { at = null, passphraseFile, sshConfig } = options
  const sshConfigPath = sshConfig === undefined ? null : resolve(sshConfig)
  if (passphraseFile === undefined) return { at, passphrase: null, sshConfigPath }
  const text = await readFile(passphraseFile, 'utf8').catch(() => '')
  const passphrase = text.split('\n')[0] ?? ''
  if (passphrase.length >= 8) return { at, passphrase, sshConfigPath }
  throw new PeekrError('invalid_input', {
    message: `${passphraseFile} cannot be read, or its first line is shorter than 8 characters. Write the passphrase there.`,
  })
}

/** Also for `peekr restore --drill`. Status 1 when anything is not as it was stored. */
export function printReport(report: DrillReport, wasDrill: boolean, json: boolean): void {
  const { name, videoCount, fileCount, sizeBytes, problems, tookMs } = report
  if (problems.length > 0) process.exitCode = 1
  if (json) {
    console.log(JSON.stringify(report))
    return
  }
  for (const { videoId, sentence } of problems) console.log(`${videoId ?? 'database'}: ${sentence}`)
  const read = `${plural(videoCount, 'video')}, ${plural(fileCount, 'file')}, ${formatBytes(sizeBytes)}, in ${(tookMs / 1000).toFixed(1)} s`
  const how = wasDrill ? 'was brought back and compared with its manifests' : 'was compared with its hashes'
  const verdict =
    problems.length === 0 ? 'Everything is good.' : `${plural(problems.length, 'problem')} found.`
  console.log(`The backup ${name} ${how}: ${read}. ${verdict}`)
}

function describe(result: BackUpResult): string {
  const { name, where, videoCount, sentCount, incrementalCount, sentBytes, databaseBytes, removed, tookMs } =
    result
  const sent = `${plural(sentCount, 'state')} sent (${incrementalCount} as what changed), ${formatBytes(sentBytes)}, and the database, ${formatBytes(databaseBytes)}`
  const gone =
    removed.length === 0 ? '' : ` ${plural(removed.length, 'older backup')} went by the keep-rules.`
  return `The backup ${name} in ${where} is complete: ${plural(videoCount, 'video')}; ${sent}, in ${(tookMs / 1000).toFixed(1)} s.${gone}`
}

/** On the terminal only: in a file or a pipe it would be noise. */
function showProgress({
  sizeBytes,
  index,
  count,
}: {
  sizeBytes: number
  index: number
  count: number
}): void {
  if (process.stderr.isTTY) process.stderr.write(`\r[${index}/${count}] ${formatBytes(sizeBytes)} sent \r`)
}
