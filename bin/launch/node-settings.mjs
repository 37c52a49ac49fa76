/**
 * How Node runs Peekr. Beside the cache of media, which is bounded, what takes memory under many readers is V8's young
 * generation, which grows with what requests throw away, and glibc's arenas, one for every thread that ever allocated.
 * Small ones cost nothing that was seen in the benchmarks, and save a hundred MiB of resident memory with a thousand readers.
 */
export const NODE_ARGUMENTS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8']
export const NODE_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' }
