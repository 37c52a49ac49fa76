import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runStep } from './run-step.mjs'

/**
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> }} Lockfile
 */

/**
 * Installs the npm packages of package-lock.json unless exactly these are in node_modules already, whoever put
 * them there. Takes a few milliseconds when there is nothing to do.
 * @param {string} root the checkout
 */
export async function ensurePackages(root) {
  if (hasPackages(root)) return
  await runStep({
    title: 'Installing npm packages',
    command: 'npm',
    // --include=dev: the build needs TypeScript, and NODE_ENV=production would leave it out.
    args: ['ci', '--include=dev', '--no-audit', '--no-fund'],
    cwd: root,
    failure:
      'Check that npm is installed (on Debian: apt-get install npm) and the network works, then try again.',
  })
}

/** @param {string} root */
function hasPackages(root) {
  const installed = join(root, 'node_modules/.package-lock.json')
  return (
    existsSync(installed) &&
    isInstalled(readLockfile(join(root, 'package-lock.json')), readLockfile(installed))
  )
}

/** @param {string} path @returns {Lockfile | null} null for what npm did not finish writing */
function readLockfile(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/**
 * Whether node_modules holds what the lockfile wants. Pure. npm writes its list of what is installed last, so an
 * interrupted install never looks complete; packages for other processors are left out of that list.
 * @param {Lockfile | null} wanted package-lock.json
 * @param {Lockfile | null} installed node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
  if (!wanted?.packages || !installed?.packages) return false
  const names = Object.keys(wanted.packages).filter((name) => name !== '')
  const missing = names.some((name) => {
    const want = wanted.packages[name]
    const have = installed.packages[name]
    return have ? have.version !== want?.version : !want?.optional
  })
  return !missing && Object.keys(installed.packages).every((name) => name in wanted.packages)
}
