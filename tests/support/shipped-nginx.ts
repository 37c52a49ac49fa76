import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './find-free-port.ts'
import { NGINX, temporaryPaths } from './nginx-program.ts'

const SHIPPED = resolve(import.meta.dirname, '../../deploy/nginx.conf')

/** Where nginx comes from, so that only what went through it is trusted. */
export const NGINX_ADDRESS = '127.0.0.2'

export interface ShippedNginx {
  url: string
  cachePath: string
  /** All its logs so far. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** Runs nginx on `deploy/nginx.conf` as it is shipped, but for names, places and HTTPS. */
export async function startShippedNginx(place: {
  folder: string
  peekrPort: number
  dataPath: string
  port?: number
}): Promise<ShippedNginx> {
  const { folder, peekrPort, dataPath } = place
  await mkdir(folder, { recursive: true })
  const port = place.port ?? (await findFreePort())
  const cachePath = join(folder, 'cache')
  const changes: [string | RegExp, string][] = [
    ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
    [/^ *ssl_certificate.*$/gm, ''],
    ['127.0.0.1:3000', `127.0.0.1:${peekrPort}`],
    ['/var/cache/nginx/peekr', cachePath],
    [/\/var\/lib\/peekr\//g, `${dataPath}/`],
    [/\/var\/log\/nginx\/error\.log/g, `${folder}/error.log`],
    ['proxy_http_version 1.1;', `proxy_http_version 1.1; proxy_bind ${NGINX_ADDRESS};`],
  ]
  let shipped = await readFile(SHIPPED, 'utf8')
  for (const [from, to] of changes) {
    if (shipped.search(from) === -1) throw new Error(`deploy/nginx.conf has no ${from}`)
    shipped = shipped.replace(from, to)
  }
  await writeFile(
    join(folder, 'nginx.conf'),
    `user root; daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log info;
    events { worker_connections 512; }
    http { include /etc/nginx/mime.types; access_log ${folder}/access.log; ${temporaryPaths(folder)}\n${shipped}\n}`,
  )
  const child = spawn(
    NGINX,
    ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf'), '-p', folder],
    {
      stdio: 'inherit',
    },
  )
  const stop = async () => {
    child.kill('SIGQUIT')
    if (child.exitCode === null) await once(child, 'exit')
  }
  const url = `http://127.0.0.1:${port}`
  for (const deadlineMs = Date.now() + 10_000; Date.now() < deadlineMs; await sleep(50)) {
    const answer = await fetch(`${url}/api/health`).catch(() => null)
    await answer?.arrayBuffer()
    if (answer?.status === 200) {
      const log = async () => (await Promise.all(['error', 'access'].map(readLog))).join('')
      const readLog = (name: string) => readFile(join(folder, `${name}.log`), 'utf8')
      return { url, cachePath, log, stop }
    }
  }
  await stop()
  throw new Error('nginx did not answer within 10 s.')
}
