import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const NGINX = '/usr/sbin/nginx'

export interface Nginx {
  /** As Debian ships it: sendfile. */
  port: number
  /** Without sendfile, with large copy and send buffers, which is faster over loopback. */
  tunedPort: number
  command: string[]
  stop(): Promise<void>
}

/** Whether nginx is installed; without it there is nothing to compare with. */
export function hasNginx(): boolean {
  return existsSync(NGINX)
}

/** One nginx worker that serves `root` on two ports of 127.0.0.1, with everything it writes under `workPath`. */
export async function startNginx(options: {
  root: string
  workPath: string
  /** Puts a command on the servers' core. */
  pin: (command: string[]) => string[]
}): Promise<Nginx> {
  const { root, workPath, pin } = options
  const [port, tunedPort] = [await findFreePort(), await findFreePort()]
  await mkdir(workPath, { recursive: true })
  const configPath = join(workPath, 'nginx.conf')
  await writeFile(configPath, buildConfig({ root, workPath, port, tunedPort }))
  const command = pin([NGINX, '-c', configPath, '-p', workPath])
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await Promise.all([waitForPort(port), waitForPort(tunedPort)])
  return {
    port,
    tunedPort,
    command,
    stop: async () => {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** The directives of Debian's own file that bear on serving files, then one server a way. */
function buildConfig(place: { root: string; workPath: string; port: number; tunedPort: number }): string {
  const { root, workPath, port, tunedPort } = place
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
user root;
worker_processes 1;
daemon off;
pid ${workPath}/nginx.pid;
error_log ${workPath}/error.log;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log ${workPath}/access.log;
  gzip on;
  ${temporary.map((name) => `${name}_temp_path ${workPath}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${root};
    location /put/ { dav_methods PUT; create_full_put_path on; client_max_body_size 0; }
  }
  server {
    listen 127.0.0.1:${tunedPort} sndbuf=4m;
    root ${root};
    sendfile off;
    output_buffers 2 1m;
  }
}
`
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(port)) return
    await sleep(50)
  }
  throw new Error(`nginx did not start; see its error.log`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
