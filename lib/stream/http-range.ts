/** First and last byte, both inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What a Range header asks of a file (RFC 9110 §14.1.2, §14.2).
 *
 * - `whole`: there is none, it is not valid, in another unit, or asks for several ranges. Those a server may ignore,
 *   and does here: many small overlapping ranges are an old way to make one answer cost a hundred.
 * - `unsatisfiable`: valid, but none of it is inside the file (→ 416).
 */
export function parseRange(header: string | null, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === null ? null : /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header)
  if (match === null) return 'whole'
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return 'whole'
  if (first === '') {
    const suffixBytes = Math.min(Number(last), sizeBytes)
    return suffixBytes === 0 ? 'unsatisfiable' : { start: sizeBytes - suffixBytes, end: sizeBytes - 1 }
  }
  const start = Number(first)
  if (last !== '' && compareDigits(first, last) > 0) return 'whole'
  if (start >= sizeBytes) return 'unsatisfiable'
  return { start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) }
}

/** Whether If-Range lets the Range count: only the same strong ETag does; a date never, since none is sent (§13.1.5). */
export function matchesIfRange(header: string | null, etag: string): boolean {
  return header === null || header.trim() === etag
}

/** Whether If-None-Match names the ETag or `*`; weak comparison (§13.1.2). */
export function matchesIfNoneMatch(header: string | null, etag: string): boolean {
  return header !== null && listsEtag(header, etag, { weak: true })
}

/** Whether If-Match is absent or names the ETag or `*`; strong comparison (§13.1.1). */
export function matchesIfMatch(header: string | null, etag: string): boolean {
  return header === null || listsEtag(header, etag, { weak: false })
}

function listsEtag(header: string, etag: string, { weak }: { weak: boolean }): boolean {
  if (header.trim() === '*') return true
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? []
  return tags.some((tag) => (weak ? tag.replace(/^W\//, '') : tag) === etag)
}

/** Compares digit strings of any length, where numbers would round. */
function compareDigits(left: string, right: string): number {
  const [a, b] = [BigInt(left), BigInt(right)]
  return a < b ? -1 : a > b ? 1 : 0
}
