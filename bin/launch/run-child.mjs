import { spawn } from 'node:child_process'
import { createSignalRelay, STOP_SIGNALS } from './signal-relay.mjs'

const ORPHAN_CHECK_MS = 1000

/**
 * Runs a program to its end, passing on each request to stop exactly once.
 *
 * The child leads a process group of its own, so a Ctrl-C in the terminal reaches the launcher only, and the relay
 * is the one way a signal takes. Reading the terminal still works there (a job-control check concerns only a
 * process's own terminal).
 * @param {object} options
 * @param {string} options.command
 * @param {string[]} options.args
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {import('node:child_process').StdioOptions} options.stdio
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.onStart]
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, stoppedBy: NodeJS.Signals | null, groupId: number | undefined }>}
 * rejects when the program cannot be started
 */
export function runChild({ command, args, cwd, env, stdio, onStart }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio, detached: true })
    /** @type {NodeJS.Signals | null} */
    let stoppedBy = null
    const relay = createSignalRelay({
      send: (signal) => {
        stoppedBy = signal
        child.kill(signal)
      },
    })
    for (const signal of STOP_SIGNALS) process.on(signal, relay)
    const orphanCheck = watchForOrphaning(() => relay('SIGTERM'))
    const finish = () => {
      clearInterval(orphanCheck)
      for (const signal of STOP_SIGNALS) process.off(signal, relay)
    }
    child.on('error', (error) => {
      // With a pid it did start: this is sudo, which an ordinary user may not signal, so it is left to end by itself.
      if (child.pid !== undefined) return
      finish()
      reject(error)
    })
    child.once('close', (code, signal) => {
      finish()
      resolve({ code, signal, stoppedBy, groupId: child.pid })
    })
    onStart?.(child)
  })
}

// npm that is killed outright tells nobody: its child just finds itself with another parent. Started by hand, that
// is no reason to stop (nohup, disown).
/** @param {() => void} onOrphaned @returns {NodeJS.Timeout | undefined} */
function watchForOrphaning(onOrphaned) {
  if (!process.env.npm_lifecycle_event) return undefined
  const parent = process.ppid
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    onOrphaned()
  }, ORPHAN_CHECK_MS)
  return check
}
