import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LaunchError } from './launch-error.mjs'
import { NODE_ARGUMENTS, NODE_ENVIRONMENT } from './node-settings.mjs'
import { runChild } from './run-child.mjs'

const LEFTOVER_MS = 3000

/**
 * Runs Peekr itself on Node 24 with this terminal, and leaves nothing of its process group behind.
 *
 * The IPC channel is how the program learns that the launcher was killed: it closes (see bin/stop-with-launcher.ts).
 * @param {{ root: string, node: string, args: string[] }} options
 */
export async function runProgram({ root, node, args: [script, ...args] }) {
  const ended = await runChild({
    command: node,
    args: [...NODE_ARGUMENTS, join(root, script ?? ''), ...args],
    env: buildProgramEnv(node),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  }).catch((error) => {
    throw new LaunchError(
      `${node} could not be started (${error.code ?? error.message}). Remove the folder .runtime and try again.`,
    )
  })
  if (ended.groupId) await stopGroup(ended.groupId)
  return ended
}

/**
 * The environment Peekr runs in: Node 24 first on the PATH, and Next reporting to nobody.
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
export function buildProgramEnv(node) {
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter)
  return { ...NODE_ENVIRONMENT, ...process.env, PATH: path, NEXT_TELEMETRY_DISABLED: '1' }
}

// A program that was killed outright had no time to stop its own children; a well-behaved one left none.
/** @param {number} groupId */
async function stopGroup(groupId) {
  const deadlineMs = Date.now() + LEFTOVER_MS
  if (!signalGroup(groupId, 'SIGTERM')) return
  while (Date.now() < deadlineMs) {
    await sleep(50)
    if (!signalGroup(groupId, 0)) return
  }
  signalGroup(groupId, 'SIGKILL')
}

/** @param {number} groupId @param {NodeJS.Signals | 0} signal @returns {boolean} whether anybody was there */
function signalGroup(groupId, signal) {
  try {
    return process.kill(-groupId, signal)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return false
    throw error
  }
}
