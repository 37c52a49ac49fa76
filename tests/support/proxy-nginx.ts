import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './find-free-port.ts'
import { NGINX, temporaryPaths, waitForPort } from './nginx-program.ts'

/** A real nginx as a reverse proxy. `directives` go into its server block. */
export async function startProxyNginx(options: {
  target: string
  directives: string[]
}): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-nginx-'))
  const port = await findFreePort()
  const configPath = join(folder, 'nginx.conf')
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
  ${temporaryPaths(folder)}
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
