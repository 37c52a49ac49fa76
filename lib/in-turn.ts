import { singleton } from '#lib/singleton'

/**
 * Runs work after all that was given before it under the same name has ended, well or badly: one at a time within this
 * process, in the order it came. Between processes it promises nothing.
 * @throws what `work` throws; those behind it are not told
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const queues = singleton('in-turn', () => new Map<string, Promise<unknown>>())
  const before = queues.get(name) ?? Promise.resolve()
  const turn = before.then(work)
  const settled = turn.catch(() => {}) // the one who asked gets the error; those behind must not
  queues.set(name, settled)
  try {
    return await turn
  } finally {
    if (queues.get(name) === settled) queues.delete(name)
  }
}
