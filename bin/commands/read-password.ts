import { createInterface } from 'node:readline'
import { PeekrError } from '#lib/errors'

/**
 * The first line of standard input, without its line break: a password that is never an argument, where other
 * accounts of the machine could see it.
 * @throws invalid_input when nothing came
 */
export async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Type the password, then press Enter: ')
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of lines) return line
  } finally {
    lines.close()
    process.stdin.destroy() // an open pipe would keep this process alive
  }
  throw new PeekrError('invalid_input', {
    message: 'No password came on standard input. Write it there as one line.',
  })
}
