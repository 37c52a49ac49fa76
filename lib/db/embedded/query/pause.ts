import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** How long a read goes on before others have their turn. */
const SLICE_MS = 10
/** Looking at the clock takes as long as a test of a small document. */
const DOCUMENTS_BETWEEN = 16

/**
 * What a long read hands out between documents to say that others may go on. It runs through stages and cursors like a
 * document, and is none: the server has one thread, and a scan must not keep writers waiting for its end.
 */
export const PAUSE: BsonDocument = Object.freeze({})
export const PAUSE_BYTES = new Uint8Array(0)

/** Says, asked before each document, whether it is time for a pause. */
export function createPauses(): () => boolean {
  let asked = 0
  let until = performance.now() + SLICE_MS
  return () => {
    if (++asked % DOCUMENTS_BETWEEN !== 0 || performance.now() < until) return false
    // It goes on in another turn; what is lost by measuring from here is a pause too many.
    until = performance.now() + SLICE_MS
    return true
  }
}

const waiting: (() => void)[] = []

/** Resolves when everybody who came in meanwhile was served; one read goes on at a time. */
function waitTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(giveTurn)
  })
}

function giveTurn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(giveTurn)
}

/** Runs steps to their result: at once where they never pause, otherwise in turns with everything else. */
export function runInTurns<T>(steps: Generator<void, T>): T | Promise<T> {
  const first = steps.next()
  return first.done ? first.value : goOn(steps)
}

async function goOn<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    await waitTurn()
    const step = steps.next()
    if (step.done) return step.value
  }
}
