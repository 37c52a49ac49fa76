import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 300

/**
 * Does something while no other launcher of this checkout does it. Waits for one that is alive; the lock of one that
 * was killed is taken over.
 * @param {string} path the lock file
 * @param {() => Promise<void>} work
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true })
  for (let waiting = false; !takeLock(path); waiting = true) {
    const holder = readHolder(path)
    if (holder !== null && !isAlive(holder)) rmSync(path, { force: true })
    else {
      if (!waiting) console.log(`• Waiting for another build (process ${holder}) to end`)
      await sleep(POLL_MS)
    }
  }
  try {
    await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** @param {string} path */
function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path @returns {number | null} null while its holder is writing it, or just let go of it */
function readHolder(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || null
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null
    throw error
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
