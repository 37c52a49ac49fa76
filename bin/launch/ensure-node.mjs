import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './launch-error.mjs'
import { runStep } from './run-step.mjs'

export const NODE_MAJOR = 24
const NODE_VERSION = '24.21.0'
const ARCHITECTURES = ['x64', 'arm64']

/**
 * Finds a Node that can run Peekr: this one when it is new enough, otherwise Node 24 in .runtime/, installed there
 * from npm the first time.
 * @param {string} root the checkout
 * @returns {Promise<string>} the path of the program
 */
export async function ensureNode(root) {
  if (isRecentNode(process.versions.node)) return process.execPath
  const folder = join(root, '.runtime', `node-${NODE_VERSION}`)
  const packageName = `node-linux-${process.arch}`
  const node = join(folder, 'node_modules', packageName, 'bin/node')
  if (existsSync(node)) return node
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    throw new LaunchError(
      `Peekr needs Node ${NODE_MAJOR} or newer, and this is Node ${process.versions.node}. Install it from nodejs.org and try again.`,
    )
  }
  await installNode({ folder, packageName })
  return node
}

/** @param {string} version as in process.versions.node @returns {boolean} */
export function isRecentNode(version) {
  return Number(version.split('.')[0]) >= NODE_MAJOR
}

// Installed aside and renamed when it was seen to run, so an interrupted download is never taken for Node.
/** @param {{ folder: string, packageName: string }} options */
async function installNode({ folder, packageName }) {
  const aside = `${folder}.${process.pid}`
  try {
    mkdirSync(aside, { recursive: true })
    writeFileSync(join(aside, 'package.json'), '{"private":true}\n')
    const failure = 'Check that npm is installed and the network works, then try again.'
    await runStep({
      title: `Installing Node ${NODE_VERSION} into .runtime/ (this machine has ${process.versions.node})`,
      command: 'npm',
      args: [
        'install',
        '--prefix',
        aside,
        '--no-save',
        '--no-audit',
        '--no-fund',
        `${packageName}@${NODE_VERSION}`,
      ],
      cwd: aside,
      failure,
    })
    execFileSync(join(aside, 'node_modules', packageName, 'bin/node'), ['--version'])
    rmSync(folder, { recursive: true, force: true })
    renameSync(aside, folder)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}
