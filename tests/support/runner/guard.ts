/**
 * Loaded into every test file's process before the tests: makes what would pass unseen fail the file. That is an
 * unexpected console.error (replace it with `t.mock.method(console, 'error', …)` where one is expected), an unhandled
 * rejection, and something that keeps the process alive after its last test.
 */
import { after } from 'node:test'
import { format } from 'node:util'
import { isMainThread } from 'node:worker_threads'

const LINGER_MS = 10_000
const problems: string[] = []

// Threads and forked children inherit the flag that loads this file; they are not the test.
if (isMainThread && process.argv[1] === process.env.PEEKR_TEST_FILE) {
  console.error = (...args: unknown[]) => {
    problems.push(`console.error was called: ${format(...args)}`)
  }
  process.on('unhandledRejection', (reason) => {
    problems.push(`a rejection was not handled: ${format(reason)}`)
  })
  process.on('exit', () => {
    if (problems.length === 0) return
    process.exitCode = 1
    process.stderr.write(`${problems.join('\n')}\n`)
  })
  after(() => {
    setTimeout(() => {
      problems.push(`the process was kept alive by: ${process.getActiveResourcesInfo().join(', ')}`)
      process.exit(1)
    }, LINGER_MS).unref()
  })
}
