/** The signals that ask Peekr to stop. */
export const STOP_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

// Under `npm start`, one Ctrl-C arrives twice: from the terminal, and again from npm, which passes on what it got.
const ECHO_MS = 1000

/**
 * Decides which signals are passed on: each once, its echoes not, and a person's second Ctrl-C again.
 * @param {{ send: (signal: NodeJS.Signals) => void, now?: () => number }} options
 * @returns {(signal: NodeJS.Signals) => void} call it with every signal that arrives
 */
export function createSignalRelay({ send, now = Date.now }) {
  /** @type {Map<NodeJS.Signals, number>} */
  const sentAtMs = new Map()
  return (signal) => {
    const before = sentAtMs.get(signal)
    if (before !== undefined && now() - before < ECHO_MS) return
    sentAtMs.set(signal, now())
    send(signal)
  }
}
