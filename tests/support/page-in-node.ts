import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const TUS = pathToFileURL(join(import.meta.dirname, 'tus-in-node.ts')).href

export interface PageStorage {
  values: Map<string, string>
  /** Whether writing throws, as where a browser keeps nothing. */
  isOff: boolean
}

/**
 * Lets the upload page's modules (those without React) run in Node: their imports without extension are resolved as the
 * bundler does, and what they need of a browser is put in place. Import them dynamically after calling this.
 * @param origin of the server that relative addresses mean
 */
export function openPageInNode(origin: string): { storage: PageStorage } {
  registerHooks({
    resolve(specifier, context, next) {
      const from = context.parentURL ?? ''
      if (!from.includes('/app/_components/')) return next(specifier, context)
      if (specifier === 'tus-js-client') return next(TUS, context)
      if (!specifier.startsWith('.')) return next(specifier, context)
      const base = new URL(specifier, from).href
      const ending = ['.ts', '.tsx'].find((end) => existsSync(fileURLToPath(base + end))) ?? ''
      return next(base + ending, context)
    },
  })
  const storage: PageStorage = { values: new Map(), isOff: false }
  const { fetch: plainFetch, setInterval: plainInterval } = globalThis
  const parts = {
    localStorage: {
      getItem: (key: string) => storage.values.get(key) ?? null,
      setItem(key: string, value: string) {
        if (storage.isOff) throw new DOMException('Storage is switched off.', 'QuotaExceededError')
        storage.values.set(key, value)
      },
    },
    window: { location: { href: `${origin}/upload` }, addEventListener() {} },
    navigator: { onLine: true },
    BroadcastChannel: class extends globalThis.BroadcastChannel {
      constructor(name: string) {
        super(name)
        ;(this as unknown as { unref(): void }).unref()
      }
    },
    // A page's clocks run until it is left.
    setInterval: (work: () => void, ms: number) => plainInterval(work, ms).unref(),
    fetch: (url: string, options?: RequestInit) => plainFetch(new URL(url, origin), options),
  }
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  return { storage }
}
