import { useSyncExternalStore } from 'react'

export interface Store<T> {
  get(): T
  set(update: (value: T) => T): void
  subscribe(listener: () => void): () => void
}

/** State outside components that outlives the page it was made on (client-side navigation keeps it). */
export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set(update) {
      const next = update(value)
      if (next === value) return
      value = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A component's view of a store; renders again when it changes. The server renders what the store begins with. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get)
}
