'use client'

import { useEffect, useState } from 'react'
import { callApi, errorSentence, leaveToSignIn } from '../api-client'
import { usePolling } from './use-polling'

/** What is at an address of the API: `data` (null until there is any), `error`, and `reload`. Polls when told to. */
export function useResource<T>(path: string, { everyMs }: { everyMs?: number } = {}) {
  const [data, setData] = useState<T | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [round, setRound] = useState(0)

  async function load(signal: AbortSignal) {
    try {
      const fresh = await callApi<T>(path, { signal })
      if (signal.aborted) return
      setData(fresh)
      setError(null)
    } catch (caught) {
      if (!signal.aborted && !leaveToSignIn(caught)) setError(errorSentence(caught))
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` depends on the path alone, `round` asks for another
  useEffect(() => {
    const controller = new AbortController()
    void load(controller.signal)
    return () => controller.abort()
  }, [path, round])
  usePolling(load, everyMs ?? 60_000, everyMs !== undefined)

  return { data, setData, error, reload: () => setRound((count) => count + 1) }
}
