/** Longer than the last megabytes of a chunk need on a slow line, and than a busy disk needs to store them. */
const SILENCE_MS = 90_000

export interface SilenceWatch {
  start(): void
  /** Something came: counts from zero. Nothing happens when it is stopped: an end has answers of its own. */
  heard(): void
  /** Nothing is to be expected for this long. */
  pauseFor(ms: number): void
  stop(): void
}

/**
 * Calls `onSilence` whenever nothing has been heard for a minute and a half. A connection that died without a word,
 * after sleep or behind a router that forgot it, is otherwise waited for until TCP gives up: a quarter of an hour.
 */
export function watchSilence(onSilence: () => void): SilenceWatch {
  let timer: ReturnType<typeof setTimeout> | null = null
  function stop() {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  function start(extraMs = 0) {
    stop()
    timer = setTimeout(() => {
      start()
      onSilence()
    }, SILENCE_MS + extraMs)
  }
  return {
    start: () => start(),
    heard: () => {
      if (timer !== null) start()
    },
    pauseFor: (ms) => {
      if (timer !== null) start(ms)
    },
    stop,
  }
}
