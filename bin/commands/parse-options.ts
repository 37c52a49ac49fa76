import type { ZodType, z } from 'zod'
import { PeekrError } from '#lib/errors'

/** Options of a command, checked against a schema. @throws invalid_input with one line for each bad option */
export function parseOptions<T extends ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new PeekrError('invalid_input', { message: `Correct this and try again:\n${problems.join('\n')}` })
}
