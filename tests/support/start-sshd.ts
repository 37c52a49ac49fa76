import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const SSHD = '/usr/sbin/sshd'
/** Debian's sshd wants it; the service makes it. */
const SEPARATION_FOLDER = '/run/sshd'

export interface TestSshd {
  /** `ssh://user@127.0.0.1:port` without a path. */
  address: string
  /** For `ssh -F`: knows the host, and has a key that is let in. */
  configPath: string
  /** The same with a key that is not. */
  strangerConfigPath: string
  /** The same without knowing the host. */
  unknownHostConfigPath: string
  close(): Promise<void>
}

/** Why there can be no sshd here; false when there can. */
export function whyNoSshd(): string | false {
  if (!existsSync(SSHD)) return 'needs the package openssh-server'
  if (!existsSync('/usr/bin/ssh')) return 'needs the package openssh-client'
  return existsSync(SEPARATION_FOLDER) || process.geteuid?.() === 0 ? false : 'needs root to make /run/sshd'
}

/** A real sshd on 127.0.0.1 that lets this user in with one key. */
export async function startSshd(): Promise<TestSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-sshd-'))
  const at = (name: string) => join(folder, name)
  for (const name of ['host', 'known', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
  await copyFile(at('known.pub'), at('authorized'))
  const madeFolder = !existsSync(SEPARATION_FOLDER)
  if (madeFolder) mkdirSync(SEPARATION_FOLDER, { mode: 0o755 })
  const port = await findFreePort()
  await writeFile(
    at('sshd_config'),
    [
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'MaxStartups 100',
    ].join('\n'),
  )
  const hostKey = execFileSync('cat', [at('host.pub')], { encoding: 'utf8' })
  await writeFile(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}`)
  const write = (name: string, key: string, hosts: string) =>
    writeFile(
      at(name),
      `Host *\n  IdentityFile ${at(key)}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${at(hosts)}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n`,
    )
  await write('config', 'known', 'known_hosts')
  await write('config-stranger', 'stranger', 'known_hosts')
  await write('config-unknown', 'known', 'no_hosts')
  const sshd: ChildProcess = spawn(SSHD, ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' })
  const close = async () => {
    if (sshd.exitCode === null && sshd.signalCode === null) {
      const ended = new Promise((resolve) => sshd.once('exit', resolve))
      sshd.kill('SIGTERM')
      await ended
    }
    if (madeFolder && existsSync(SEPARATION_FOLDER)) rmdirSync(SEPARATION_FOLDER)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await waitForPort(port)
  } catch (error) {
    await close()
    throw error
  }
  return {
    address: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    configPath: at('config'),
    strangerConfigPath: at('config-stranger'),
    unknownHostConfigPath: at('config-unknown'),
    close,
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (isOpen) return
    await sleep(50)
  }
  throw new Error('sshd did not start')
}
