import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { getImportOwner } from '#lib/auth/get-import-owner'
import { getConfig } from '#lib/config'
import { formatBytes, formatPercent, plural } from '#lib/domain/format'
import type { Viewer } from '#lib/domain/permissions'
import { titleFromFilename, type Visibility } from '#lib/domain/video'
import { isPeekrError, PeekrError } from '#lib/errors'
import { mountImageIfNeeded } from '#lib/storage/mount-image'
import { findSameVideo } from '#lib/upload/find-same-video'
import { computeFingerprint } from '#lib/upload/fingerprint'
import { importFile } from '#lib/upload/import-file'
import { listImportFiles } from '#lib/upload/list-import-files'
import { uploadsPath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { withDatabase } from './with-database.ts'

interface ImportOptions {
  owner?: string
  visibility: Visibility
  again?: boolean
  json?: boolean
}

type Outcome =
  | { path: string; status: 'imported' | 'present'; videoId: string }
  | { path: string; status: 'failed'; code: string; message: string }

/** `peekr import …`: files on this machine, before and while the server runs. */
export function registerImportCommand(program: Command): void {
  program
    .command('import <path...>')
    .description(
      'take in videos that are on this machine; of a folder, all in it. The files stay as they are',
    )
    .option('--owner <address>', 'whose videos they become (default: the first administrator)')
    .addOption(
      new Option('--visibility <visibility>', 'who may watch them')
        .choices(['public', 'unlisted', 'private'])
        .default('private'),
    )
    .option('--again', 'also take in files that have been uploaded or imported before')
    .option('--json', 'print one JSON object a line')
    .action(runImport)
}

async function runImport(paths: string[], options: ImportOptions): Promise<void> {
  const { dataPath } = getConfig()
  await mountImageIfNeeded(dataPath)
  const files = await listImportFiles(paths)
  await withDatabase(async () => {
    const owner = await getImportOwner(options.owner ?? null)
    await mkdir(uploadsPath(), { recursive: true, mode: 0o700 })
    const outcomes: Outcome[] = []
    try {
      for (const [index, path] of files.entries()) {
        const outcome = await importOne(path, owner, options)
        outcomes.push(outcome)
        console.log(options.json ? JSON.stringify(outcome) : describe(outcome, index + 1, files.length))
      }
    } finally {
      await getUploadLeases().close()
    }
    if (!options.json) console.log(summarise(outcomes))
    if (outcomes.some(({ status }) => status === 'failed')) process.exitCode = 1
  })
}

async function importOne(path: string, owner: Viewer, options: ImportOptions): Promise<Outcome> {
  const filename = basename(path)
  try {
    const fingerprint = await computeFingerprint(path)
    const same = options.again
      ? null
      : await findSameVideo({ ownerId: owner.userId, fingerprint, videoId: '' })
    if (same !== null) return { path, status: 'present', videoId: same }
    const title = titleFromFilename(filename)
    const { visibility } = options
    const onProgress = (copied: number, size: number) => showProgress(filename, copied, size)
    const videoId = await importFile({ owner, path, filename, title, visibility, onProgress })
    return { path, status: 'imported', videoId }
  } catch (error) {
    const known = toSentence(path, error)
    return { path, status: 'failed', code: known.code, message: known.message }
  }
}

/** One file's trouble is not the others'; what nobody foresaw ends the command with its stack. */
function toSentence(path: string, error: unknown): PeekrError {
  if (isPeekrError(error)) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') {
    return new PeekrError('forbidden', { message: `${path} may not be read. Give yourself the right to.` })
  }
  if (code === 'ENOENT') return new PeekrError('not_found', { message: `${path} is not there any more.` })
  throw error
}

/** On the terminal only: in a file or a pipe it would be noise. */
function showProgress(filename: string, copiedBytes: number, sizeBytes: number): void {
  if (!process.stderr.isTTY) return
  const done = `${formatPercent(copiedBytes / sizeBytes)} of ${formatBytes(sizeBytes)}`
  process.stderr.write(`\r${filename}: ${done} copied \r`)
}

function describe(outcome: Outcome, number: number, total: number): string {
  const place = `[${number}/${total}] ${outcome.path}`
  if (outcome.status === 'failed') return `${place}: not imported. ${outcome.message}`
  if (outcome.status === 'present') return `${place}: is there already, as ${outcome.videoId}`
  return `${place}: imported as ${outcome.videoId}`
}

function summarise(outcomes: Outcome[]): string {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length
  if (outcomes.length === 0) return 'There is no video to import here.'
  return (
    `${plural(count('imported'), 'video')} imported, ${count('present')} there already, ${count('failed')} failed. ` +
    'Peekr works on them while `peekr start` runs.'
  )
}
