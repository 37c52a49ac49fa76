import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './build-lock.mjs'
import { buildProgramEnv } from './run-program.mjs'
import { runStep } from './run-step.mjs'

const SOURCES = ['app', 'lib', 'public', 'next.config.ts', 'package-lock.json', 'tsconfig.json']
const STAMP = '.next/peekr-build'

/**
 * Makes the production build unless the one that is there was made from these very sources. The stamp that says so
 * goes first and comes last, so a build that was interrupted counts as none.
 * @param {string} root the checkout
 * @param {string} node the program that runs Next
 */
export async function ensureBuild(root, node) {
  if (isFresh(root)) return
  await withLock(join(root, '.runtime/build.lock'), async () => {
    if (!isFresh(root)) await build(root, node) // somebody else may have built it while we waited
  })
}

/** @param {string} root */
function isFresh(root) {
  const stamp = join(root, STAMP)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashSources(root)
}

/** @param {string} root @param {string} node */
async function build(root, node) {
  const stamp = join(root, STAMP)
  const wanted = hashSources(root)
  rmSync(stamp, { force: true })
  await runStep({
    title: 'Building the pages',
    command: node,
    args: ['--disable-warning=ExperimentalWarning', join(root, 'node_modules/next/dist/bin/next'), 'build'],
    cwd: root,
    env: { ...buildProgramEnv(node), NODE_ENV: 'production' },
    failure: 'When you have not changed the sources, remove the folder .next and try again.',
  })
  writeFileSync(`${stamp}.${process.pid}`, wanted)
  renameSync(`${stamp}.${process.pid}`, stamp)
}

/**
 * One hash over names and contents of everything the build is made from.
 * @param {string} root
 * @returns {string}
 */
export function hashSources(root) {
  const hash = createHash('sha256')
  for (const source of SOURCES.flatMap((name) => listFiles(root, name))) {
    const content = readFileSync(join(root, source))
    hash.update(`${source}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** @param {string} root @param {string} name @returns {string[]} sorted paths below root; none when it is not there */
function listFiles(root, name) {
  const path = join(root, name)
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [name]
  const entries = readdirSync(path).sort()
  return entries.flatMap((entry) => listFiles(root, `${name}/${entry}`))
}
