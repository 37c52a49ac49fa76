/**
 * @typedef {object} LaunchPlan
 * @property {'none' | 'serve' | 'test'} programs which Debian programs must be there
 * @property {boolean} build whether the production build must be fresh
 * @property {string[] | null} run what Node 24 runs in the end; null when there is nothing left to do
 */

/**
 * What a command line needs before it can run. Pure.
 * @param {string[]} argv the words after `peekr`
 * @returns {LaunchPlan}
 */
export function planLaunch(argv) {
  const [command = 'start', ...args] = argv
  if (args.includes('--help')) return { programs: 'none', build: false, run: ['bin/main.ts', ...argv] }
  switch (command) {
    case 'start':
      return { programs: 'serve', build: !args.includes('--dev'), run: ['bin/main.ts', 'start', ...args] }
    case 'dev':
      return { programs: 'serve', build: false, run: ['bin/main.ts', 'start', '--dev', ...args] }
    case 'worker':
      return { programs: 'serve', build: false, run: ['bin/main.ts', 'worker', ...args] }
    case 'build':
      return { programs: 'none', build: true, run: null }
    case 'test':
    case 'validate':
      return { programs: 'test', build: false, run: ['tests/run.ts', ...args] }
    case 'bench':
      return { programs: 'test', build: true, run: ['tests/bench/run.ts', ...args] }
    case 'faults':
      return { programs: 'test', build: true, run: ['tests/faults/run.ts', ...args] }
    default:
      return { programs: 'none', build: false, run: ['bin/main.ts', ...argv] }
  }
}
