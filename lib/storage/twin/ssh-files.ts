import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPeekrError, PeekrError } from '#lib/errors'
import { VIDEOS_FOLDER } from '#lib/storage/twin/backup-format'
import { REMOTE_MISSING } from '#lib/storage/twin/classify-ssh-failure'
import type { PipeSource, RunPipe, SshCall } from '#lib/storage/twin/run-pipe'
import { parseSshAddress, type SshAddress } from '#lib/storage/twin/ssh-address'
import type { TargetFiles } from '#lib/storage/twin/target-files'

const CONNECT_SECONDS = 15
const IDLE_SECONDS = 30
/** Names that Peekr gives to files of a backup; what is to be quoted for the other side is checked to be one. */
const RELATIVE = /^\.$|^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/

/**
 * A target on another machine, which needs nothing but sshd and the usual small programs. What arrives is hashed there
 * before it gets its name, because a connection that is cut looks there like the end of a file.
 * @param options.configPath a file of settings for ssh (`ssh -F`), instead of the user's own.
 */
export function createSshFiles(options: {
  address: string
  configPath: string | null
  runPipe: RunPipe
}): TargetFiles {
  const { address, configPath, runPipe } = options
  const to = parseSshAddress(address)
  // One connection for all calls: to make one takes longer than most of them. Its socket's path must be short.
  const control = mkdtempSync(join(tmpdir(), 'peekr-ssh-'))
  const call = (command: string): SshCall => ({
    args: buildSshArguments({ to, configPath, controlPath: join(control, 's'), command }),
    host: to.destination,
  })
  const at = (relative: string) => quote(`${to.path}/${requireRelative(relative)}`)
  const ask = async (command: string) =>
    (await runPipe({ from: { ssh: call(command) }, to: { text: true } })).text
  const put = async (from: PipeSource, relative: string, onBytes?: (sizeBytes: number) => void) => {
    const [path, partial] = [at(relative), at(`${relative}.partial`)]
    const write = `umask 077 && mkdir -p ${folderOf(path)} && cat > ${partial} && sync ${partial}`
    const known = 'text' in from ? createHash('sha256').update(from.text).digest('hex') : null
    const first = known === null ? write : `${write} && ${buildAdopt(partial, path, known)}`
    try {
      const { sizeBytes, sha256 } = await runPipe({ from, to: { ssh: call(first) } }, { onBytes })
      if (known === null) await ask(buildAdopt(partial, path, sha256))
      return { sizeBytes, sha256 }
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new PeekrError('storage_unavailable', {
        message: `What arrived on ${to.destination} is not what was sent. Run the same command again: it goes on where it was.`,
      })
    }
  }
  return {
    where: address,
    localPath: null,
    readText: (relative) =>
      ask(`test -e ${at(relative)} || exit ${REMOTE_MISSING}; cat ${at(relative)}`).catch(orNull),
    writeText: async (relative, text) => {
      await put({ text }, relative)
    },
    list: async (relative) => lines(await ask(`ls -1A ${at(relative)} 2>/dev/null || true`)),
    listStateFiles: async () =>
      lines(await ask(`cd ${at(VIDEOS_FOLDER)} 2>/dev/null || exit 0; find . -mindepth 2 -maxdepth 2`)).map(
        (path) => path.replace(/^\.\//, ''),
      ),
    readStateMarks: async () =>
      lines(
        await ask(
          `cd ${at(VIDEOS_FOLDER)} 2>/dev/null || exit 0; find . -mindepth 2 -maxdepth 2 -name '*.json' -exec cat {} +`,
        ),
      ),
    remove: async (relative) => {
      await ask(`rm -rf ${at(relative)}`)
    },
    close: async () => {
      const { args, host } = call('exit')
      // Where there is no connection any more there is nothing to end.
      if (existsSync(join(control, 's'))) {
        await runPipe({ from: { ssh: { args: ['-O', 'exit', ...args], host } }, to: { none: true } }).catch(
          () => {},
        )
      }
      rmSync(control, { recursive: true, force: true })
    },
    put,
    open: (relative) => ({ ssh: call(`cat ${at(relative)}`) }),
    hash: async (relative) => {
      const command = `test -e ${at(relative)} || exit ${REMOTE_MISSING}; sha256sum < ${at(relative)}`
      return (await ask(command).catch(orNull))?.slice(0, 64) ?? null
    },
  }
}

/** Pure. BatchMode keeps ssh from waiting for a password that nobody types. */
export function buildSshArguments(options: {
  to: SshAddress
  configPath: string | null
  /** The socket of the connection that is shared; it ends by itself when it is idle. */
  controlPath: string
  command: string
}): string[] {
  const { to, configPath, controlPath, command } = options
  return [
    ...(configPath === null ? [] : ['-F', configPath]),
    ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_SECONDS}`],
    ...['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=4', '-T'],
    ...[
      '-o',
      'ControlMaster=auto',
      '-o',
      `ControlPath=${controlPath}`,
      '-o',
      `ControlPersist=${IDLE_SECONDS}`,
    ],
    ...(to.port === null ? [] : ['-p', String(to.port)]),
    ...['--', to.destination, command],
  ]
}

/** Gives a file its name if it is the one that was sent. For file and folder by name: `sync` alone would wait for every disk. */
function buildAdopt(partial: string, path: string, sha256: string): string {
  const isWhole = `[ "$(sha256sum < ${partial} | cut -c1-64)" = ${sha256} ]`
  return `{ ${isWhole} || exit ${REMOTE_MISSING}; mv -f ${partial} ${path} && sync ${folderOf(path)}; }`
}

/** For the other machine's shell. Nothing that comes here has a quotation mark in it. */
function quote(path: string): string {
  return `'${path}'`
}

function requireRelative(path: string): string {
  if (RELATIVE.test(path)) return path
  throw new PeekrError('output_invalid', { details: { path } })
}

/** Of a quoted path. */
function folderOf(quoted: string): string {
  return `${quoted.slice(0, quoted.lastIndexOf('/'))}'`
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean)
}

function isMissing(error: unknown): boolean {
  return isPeekrError(error) && error.code === 'not_found'
}

function orNull(error: unknown): null {
  if (isMissing(error)) return null
  throw error
}
