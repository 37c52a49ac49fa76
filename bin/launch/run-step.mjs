import { constants } from 'node:os'
import { LaunchError } from './launch-error.mjs'
import { runChild } from './run-child.mjs'

const TAIL_LINES = 80
const TICK_MS = 5000

/**
 * Runs one step of the preparation, showing its title, then the last thing the program said every few seconds,
 * then how long it took. Its full output appears only when it fails.
 * @param {{ title: string, command: string, args: string[], failure: string, cwd?: string, env?: NodeJS.ProcessEnv }} step
 * `failure` is the sentence that says what to do
 * @throws {LaunchError} when the program cannot be started, fails, or was interrupted
 */
export async function runStep({ title, command, args, failure, cwd, env = process.env }) {
  console.log(`• ${title}`)
  const startedAtMs = Date.now()
  const seconds = () => Math.round((Date.now() - startedAtMs) / 1000)
  /** @type {string[]} */
  const tail = []
  const ticker = setInterval(() => console.log(`  ${seconds()} s  ${tail.at(-1) ?? ''}`), TICK_MS)
  const ended = await runChild({
    command,
    args,
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    onStart: (child) => {
      for (const stream of [child.stdout, child.stderr]) collectLines(stream, tail)
    },
  })
    .catch((error) => {
      throw new LaunchError(`${command} could not be started (${error.code ?? error.message}). ${failure}`)
    })
    .finally(() => clearInterval(ticker))
  if (ended.stoppedBy) throw new LaunchError('', 128 + constants.signals[ended.stoppedBy])
  if (ended.code !== 0) {
    throw new LaunchError(`${tail.join('\n')}\n\n${[command, ...args].join(' ')}: failed. ${failure}`)
  }
  console.log(`  done in ${seconds()} s`)
}

/** @param {import('node:stream').Readable | null} stream @param {string[]} tail */
function collectLines(stream, tail) {
  let rest = ''
  stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const lines = (rest + text).split(/\r\n|\r|\n/)
    rest = lines.pop() ?? ''
    tail.push(...lines.filter((line) => line.trim()))
    tail.splice(0, tail.length - TAIL_LINES)
  })
  stream?.on('end', () => rest.trim() && tail.push(rest))
}
