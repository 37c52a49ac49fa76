'use client'

import { useEffect, useRef, useState } from 'react'
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
  // How often an item was changed here: a page that was asked for before that does not know of it.
  const changes = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for another reading of the same path
  useEffect(() => {
    const controller = new AbortController()
    const asked = changes.current
    callApi<Page<T>>(path, { signal: controller.signal }).then(
      (page) => {
        if (changes.current !== asked) return setRound((count) => count + 1)
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
      const asked = changes.current
      const page = await callApi<Page<T>>(path, { signal }).catch((caught: unknown) => {
        if (!signal.aborted && !leaveToSignIn(caught)) setError(errorSentence(caught))
        throw caught
      })
      setError(null)
      if (changes.current !== asked) return
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

  function change(edit: (items: T[]) => T[]) {
    changes.current += 1
    setItems((before) => before && edit(before))
  }

  return {
    items,
    error,
    pending,
    hasMore: nextCursor !== null,
    loadMore,
    reload: () => setRound((count) => count + 1),
    replace: (item: T) => change((before) => before.map((other) => (other.id === item.id ? item : other))),
    remove: (id: string) => change((before) => before.filter((other) => other.id !== id)),
  }
}
