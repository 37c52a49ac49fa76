/** Whether a unique index refused a write (MongoDB's E11000). */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 11_000
}
