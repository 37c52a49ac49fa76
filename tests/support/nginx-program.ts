import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where Debian puts it. */
export const NGINX = '/usr/sbin/nginx'

/** Why what needs a real nginx is skipped; false when it is there. */
export const nginxSkip: string | false = existsSync(NGINX) ? false : 'nginx is not installed'

/** Directives that keep what nginx writes meanwhile below a folder. */
export function temporaryPaths(folder: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
}

/** Waits until something listens on a port of this machine. @throws after 10 s, or as many tries on a busy machine */
export async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(port)) return
    await sleep(50)
  }
  throw new Error('nginx did not start; see its error.log')
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      resolve(true)
      socket.destroy()
    })
  })
}
