import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../support/find-free-port.ts'
import { NGINX, temporaryPaths, waitForPort } from '../support/nginx-program.ts'

export interface Nginx {
  /** As Debian ships it: sendfile. */
  port: number
  /** Without sendfile, with large copy and send buffers, which is faster over loopback. */
  tunedPort: number
  command: string[]
  stop(): Promise<void>
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
  ${temporaryPaths(workPath)}
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
