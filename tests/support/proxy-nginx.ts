import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const NGINX = '/usr/sbin/nginx'

/** Why no nginx can be put in front, for a test's `skip`; false when it can. */
export function whyNoNginx(): string | false {
  return existsSync(NGINX) ? false : 'nginx is not installed'
}

/** A real nginx as a reverse proxy. `directives` go into its server block. */
export async function startProxyNginx(options: {
  target: string
  directives: string[]
}): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-nginx-'))
  const port = await findFreePort()
  const configPath = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    configPath,
    `
${process.geteuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    ${options.directives.map((directive) => `${directive};`).join('\n    ')}
    location / {
      proxy_pass ${options.target};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
    }
  }
}
`,
  )
  const child = spawn(NGINX, ['-c', configPath, '-p', folder], { stdio: ['ignore', 'ignore', 'ignore'] })
  await waitForPort(port)
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
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
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1')
    const opened = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      sleep(1000).then(() => false),
    ])
    socket.destroy()
    if (opened) return
    await sleep(50)
  }
  throw new Error('nginx did not start')
}
