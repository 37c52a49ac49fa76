'use client'

import { useEffect, useState } from 'react'
import { callApi, errorSentence, leaveToSignIn } from '../api-client'
import { usePolling } from './use-polling'

interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/**
 * A list that the API gives page by page. `path` has its query string already; a change of it starts anew.
 * With `everyMs` the first page is asked for again and again, and what it says replaces what is shown.
 */
export function usePaged<T extends { id: string }>(path: string, { everyMs }: { everyMs?: number } = {}) {
  const [items, setItems] = useState<T[] | null>(null)
  const [nextCursor, setNextCursor] = useState<string | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const [round, setRound] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for another reading of the same path
  useEffect(() => {
    const controller = new AbortController()
    callApi<Page<T>>(path, { signal: controller.signal }).then(
      (page) => {
        setItems(page.items)
        setNextCursor(page.nextCursor)
        setError(null)
      },
      (caught: unknown) => {
        if (!controller.signal.aborted && !leaveToSignIn(caught)) setError(errorSentence(caught))
      },
    )
    return () => controller.abort()
  }, [path, round])

  usePolling(
    async (signal) => {
      const page = await callApi<Page<T>>(path, { signal }).catch((caught: unknown) => {
        if (!signal.aborted && !leaveToSignIn(caught)) setError(errorSentence(caught))
        throw caught
      })
      setError(null)
      setItems((before) => {
        const fresh = new Set(page.items.map((item) => item.id))
        return [
          ...page.items,
          ...(before ?? []).slice(page.items.length).filter((item) => !fresh.has(item.id)),
        ]
      })
    },
    everyMs ?? 60_000,
    everyMs !== undefined && items !== null,
  )

  async function loadMore() {
    if (nextCursor === null || pending) return
    setPending(true)
    try {
      const page = await callApi<Page<T>>(`${path}&cursor=${encodeURIComponent(nextCursor)}`)
      setItems((before) => [...(before ?? []), ...page.items])
      setNextCursor(page.nextCursor)
    } catch (caught) {
      setError(errorSentence(caught))
    } finally {
      setPending(false)
    }
  }

  return {
    items,
    error,
    pending,
    hasMore: nextCursor !== null,
    loadMore,
    reload: () => setRound((count) => count + 1),
    replace: (item: T) =>
      setItems((before) => before?.map((other) => (other.id === item.id ? item : other)) ?? null),
    remove: (id: string) => setItems((before) => before?.filter((other) => other.id !== id) ?? null),
  }
}
