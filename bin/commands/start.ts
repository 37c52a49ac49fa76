import { networkInterfaces } from 'node:os'
import type { Command } from 'commander'
import { getSetupCode, isSetupNeeded } from '#lib/auth/setup'
import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { getTrust } from '#lib/http/forwarded'
import { getLibrary } from '#lib/jobs/library'
import { getLog } from '#lib/log'
import { startWebServer, type WebServer } from '#lib/server'
import { type Services, startServices } from '#lib/services'

/** Of the 15 s a stop may take, what open requests get. */
const GRACE_MS = 5_000
const STOP_MS = 14_000

/** `peekr start` and `peekr worker`. */
export function registerStartCommands(program: Command): void {
  program
    .command('start')
    .description('serve Peekr: pages, uploads, streaming, and the work on videos')
    .option('--dev', 'rebuild pages as their sources change')
    .action((options: { dev?: boolean }) => start({ dev: options.dev ?? false }))
  program
    .command('worker')
    .description('only work on videos, on a machine beside the one that serves')
    .action(startWorker)
}

async function start({ dev }: { dev: boolean }): Promise<void> {
  const { role, trustedProxies } = getConfig()
  if (role === 'worker') return startWorker()
  getTrust(trustedProxies) // a bad list stops the start, not each request
  const running = stopOnSignal()
  running.services = await startServices()
  try {
    running.web = await startWebServer({ dev })
    await printWelcome(running.web)
  } catch (error) {
    await running.services.stop()
    throw error
  }
}

async function startWorker(): Promise<void> {
  if (getConfig().role === 'web') {
    throw new PeekrError('config_invalid', {
      message:
        'PEEKR_ROLE is web, which does no work on videos. Set it to worker or leave it out for `peekr worker`.',
    })
  }
  const running = stopOnSignal()
  running.services = await startServices()
  console.log('This worker takes up jobs now. Stop it with Ctrl-C.')
}

async function printWelcome({ port }: WebServer): Promise<void> {
  const { publicUrl, host, trustedProxies } = getConfig()
  const library = await (await getLibrary()).describe()
  console.log(
    library.driver === 'btrfs'
      ? `Videos are kept on Btrfs at ${library.path}: with snapshots and checksums.`
      : `Videos are kept in ${library.path}. ${library.advice ?? ''}`.trim(),
  )
  for (const address of listAddresses(host, port)) console.log(`Peekr is serving on ${address}`)
  if (publicUrl !== null) console.log(`Its public address is ${publicUrl}`)
  if (publicUrl?.startsWith('https:') && trustedProxies.length === 0) {
    console.log(
      'Set PEEKR_TRUSTED_PROXIES to the address of the proxy that does HTTPS, so that sign-ins are kept to HTTPS.',
    )
  }
  if (await isSetupNeeded()) {
    console.log(`Open it to make the administrator's account. Setup code: ${await getSetupCode()}`)
  }
}

/** Local first, then every address the LAN can use; only the bound one when HOST names one. */
function listAddresses(host: string, port: number): string[] {
  const format = (name: string) => `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  if (host !== '::' && host !== '0.0.0.0') return [format(host)]
  const lan = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4' && !address.internal)
    .map((address) => address.address)
  return ['localhost', ...lan].map(format)
}

interface Running {
  services: Services | null
  web: WebServer | null
}

/**
 * Ends in order on Ctrl-C, SIGTERM (which also stands for a launcher that is gone) or a closed terminal. Call it before
 * anything is started, then fill in what is: a signal in between ends what there is.
 */
function stopOnSignal(): Running {
  const log = getLog('start')
  const running: Running = { services: null, web: null }
  let stopping = false
  const stop = async (reason: string) => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    const deadline = setTimeout(() => {
      log.error('stopping took too long; leaving now')
      process.exit(1)
    }, STOP_MS)
    try {
      await running.web?.stop(GRACE_MS) // first, since open requests still need the database
      await running.services?.stop()
      clearTimeout(deadline)
      process.exit(0)
    } catch (error) {
      log.error({ err: error }, 'stopping failed')
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
  return running
}
