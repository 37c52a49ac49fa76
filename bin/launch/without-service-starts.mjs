import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const POLICY = '/usr/sbin/policy-rc.d'

/**
 * Runs an installation in which no package starts its service, and none starts with the machine later either: the
 * tests want nginx's program, not a web server on port 80. Debian asks the policy program before every start
 * (invoke-rc.d(8)); one that is there already stays untouched, and ours is gone afterwards.
 * @param {{ sudo: boolean }} options
 * @param {() => Promise<void>} install
 */
export async function withoutServiceStarts({ sudo }, install) {
  /** @param {string[]} argv */
  const run = (...argv) => {
    const [command = '', ...args] = sudo ? ['sudo', '-n', ...argv] : argv
    execFileSync(command, args, { stdio: 'ignore' })
  }
  const ours = !existsSync(POLICY)
  if (ours) writePolicy(run)
  try {
    await install()
    if (existsSync('/run/systemd/system')) run('systemctl', 'disable', 'nginx')
  } finally {
    if (ours) run('rm', '-f', POLICY)
  }
}

/** @param {(...argv: string[]) => void} run */
function writePolicy(run) {
  const folder = mkdtempSync(join(tmpdir(), 'peekr-policy-'))
  try {
    const file = join(folder, 'policy-rc.d')
    writeFileSync(file, '#!/bin/sh\n# Peekr: no service starts while its packages are installed.\nexit 101\n')
    run('install', '-m', '755', file, POLICY)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
