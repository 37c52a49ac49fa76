import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { buildAptCommands, buildInstallAdvice, findMissingPackages } from './debian-packages.mjs'
import { LaunchError } from './launch-error.mjs'
import { runStep } from './run-step.mjs'
import { withoutServiceStarts } from './without-service-starts.mjs'

const APT_GET = '/usr/bin/apt-get'

/**
 * Installs the Debian packages that are missing, when it may; otherwise says exactly how and stops.
 * @param {'none' | 'serve' | 'test'} need
 * @throws {LaunchError}
 */
export async function ensurePrograms(need) {
  await ensureRequired(need)
  await offerOptional(need)
}

/** @param {'none' | 'serve' | 'test'} need */
async function ensureRequired(need) {
  const missing = findMissingPackages(need, isUsable)
  if (missing.length === 0) return
  const debian = existsSync(APT_GET)
  const sudo = process.getuid?.() !== 0
  if (!debian || (sudo && !maySudo())) throw new LaunchError(buildInstallAdvice(missing, { debian }))

  const { update, install } = buildAptCommands(missing, { sudo })
  await runApt('Asking Debian for its list of packages', update)
  const installMissing = () => runApt(`Installing ${missing.join(', ')}`, install)
  if (missing.includes('nginx-light')) await withoutServiceStarts({ sudo }, installMissing)
  else await installMissing()

  const still = findMissingPackages(need, isUsable)
  if (still.length > 0)
    throw new LaunchError(`Installed, but still not found: ${still.join(', ')}. Reinstall them with apt-get.`)
}

/**
 * Installs what only some tests use, where that needs nobody's help and Debian has it; a test without its program is
 * skipped and says so. Debian is not asked for its list again: it is there when anything was ever installed.
 * @param {'none' | 'serve' | 'test'} need
 */
async function offerOptional(need) {
  const sudo = process.getuid?.() !== 0
  const missing = findMissingPackages(need, isUsable, { optional: true })
  if (missing.length === 0 || !existsSync(APT_GET) || (sudo && !maySudo())) return
  const known = missing.filter(isKnownToDebian)
  if (known.length === 0) return
  try {
    await runApt(`Installing ${known.join(', ')}`, buildAptCommands(known, { sudo }).install)
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error
    console.error(`Going on without ${known.join(', ')}: the tests that use it are skipped.`)
  }
}

/** Whether apt-get could install a package as things are. @param {string} name */
function isKnownToDebian(name) {
  try {
    const policy = execFileSync('apt-cache', ['policy', name], { encoding: 'utf8', timeout: 10_000 })
    return /^ *Candidate: (?!\(none\))/m.test(policy)
  } catch {
    return false
  }
}

/** Whether a program can be executed, or a folder entered. @param {string} path */
function isUsable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @param {string} title @param {string[]} argv */
async function runApt(title, [command = '', ...args]) {
  const failure = 'Run this command yourself to see why, and try again when it works.'
  await runStep({ title, command, args, failure })
}

/** Whether sudo is there and needs no password: nobody is asked for one in the middle of an installation. */
function maySudo() {
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch {
    return false
  }
}
