/**
 * One instance per process, whatever the number of copies of a module.
 *
 * Next bundles `lib/` into its route handlers while `bin/` and `workers/` load the same files natively, so
 * module-level state would exist once per bundle. Everything stateful is kept here instead.
 */
const KEY = Symbol.for('peekr.singletons')
const shared = globalThis as typeof globalThis & { [KEY]?: Map<string, unknown> }
shared[KEY] ??= new Map()
const registry = shared[KEY]

export function singleton<T>(name: string, create: () => T): T {
  if (!registry.has(name)) registry.set(name, create())
  return registry.get(name) as T
}

/** Forgets one instance, so that the next call makes it anew. For shutdown and tests. */
export function forgetSingleton(name: string): void {
  registry.delete(name)
}
