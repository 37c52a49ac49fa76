import type { Command } from 'commander'
import { rebuildLibrary } from '#lib/catalog/rebuild-library'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { withLibrary } from './with-library.ts'

interface Options {
  json?: boolean
}

/** `peekr rebuild` and `peekr verify`. */
export function registerLibraryCommands(program: Command): void {
  program
    .command('rebuild')
    .description('make the database’s videos and their owners anew from the files on the disk')
    .option('--json', 'print JSON')
    .action(rebuild)
  program
    .command('verify')
    .description('compare the disk with the database, both ways')
    .option('--json', 'print JSON')
    .action(verify)
}

/** Status 1 when some video could not be brought back. */
async function rebuild({ json }: Options): Promise<void> {
  const say = json ? undefined : (line: string) => console.log(line)
  const result = await withLibrary(() => rebuildLibrary({ say }))
  const { added, knownCount, owners, unfinished, refused } = result
  if (refused.length > 0) process.exitCode = 1
  if (json) {
    console.log(JSON.stringify(result))
    return
  }
  console.log(`${added.length} videos brought back, ${knownCount} were known.`)
  for (const { videoId, reason } of refused) console.log(`${videoId} was not: ${reason}`)
  if (unfinished.length > 0) {
    console.log(
      `These were never published, and only the database knew their names; what was uploaded is in source/original of each: ${unfinished.join(' ')}`,
    )
  }
  if (owners.length > 0) {
    console.log('These accounts were made anew, without a password, as uploaders:')
    for (const { email, name } of owners) console.log(`  ${email}  ${name}`)
    console.log(
      'Give each one a password with `peekr user password --email ADDRESS --password-stdin`, and make',
    )
    console.log('yourself an administrator with `peekr user create --role admin …` if there is none.')
  }
}

/** Status 1 when anything was found. */
async function verify({ json }: Options): Promise<void> {
  const result = await withLibrary(verifyLibrary)
  if (result.findings.length > 0) process.exitCode = 1
  if (json) {
    console.log(JSON.stringify(result))
    return
  }
  for (const { videoId, kind, sentence } of result.findings) console.log(`${videoId}  ${kind}: ${sentence}`)
  const { videoCount, findings } = result
  console.log(
    findings.length === 0
      ? `${videoCount} videos: the disk and the database agree.`
      : `${videoCount} videos in the database; ${findings.length} things found.`,
  )
}
