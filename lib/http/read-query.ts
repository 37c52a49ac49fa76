import type { ZodType, z } from 'zod'

/**
 * The query string, checked against a schema (make it a `z.strictObject`). A name given twice counts once, the last.
 * @throws a ZodError, which becomes invalid_input with the fields by name.
 */
export function readQuery<T extends ZodType>(request: Request, schema: T): z.output<T> {
  return schema.parse(Object.fromEntries(new URL(request.url).searchParams))
}
