/** Bytes that are not MongoDB's protocol: the connection they came on is closed, nothing else happens. */
export class WireError extends Error {
  override readonly name = 'WireError'
}
