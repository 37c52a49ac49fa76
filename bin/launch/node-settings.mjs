import { fileURLToPath } from 'node:url'

/**
 * How Node runs Peekr. Beside the cache of media, which is bounded, what takes memory under many readers is V8's young
 * generation, which grows with what requests throw away, and glibc's arenas, one for every thread that ever allocated.
 * Small ones cost nothing that was seen in the benchmarks, and save a hundred MiB of resident memory with a thousand readers.
 */
export const NODE_ARGUMENTS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8']
export const NODE_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  // Each worker thread reads and compiles its task's TypeScript when it first gets it: 70 to 190 ms, from this cache 6 to 40 ms.
  // Node holds it against the files, and does without it where it may not write.
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/peekr-code', import.meta.url)),
}
