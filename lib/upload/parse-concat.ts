import { isId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'

/** What the Upload-Concat header makes of an upload: a piece, or what is put together from pieces. */
export type Concat = { kind: 'partial' } | { kind: 'final'; partIds: string[] }

/** More would not fit into the headers of a request anyway. */
const PARTS_MAX = 100

/**
 * The Upload-Concat header (tus 1.0, "Concatenation"): `partial`, or `final;` and the addresses of the parts, relative
 * or absolute, in the order they follow one another.
 * @throws bad_request when it is something else
 */
export function parseConcat(header: string | null | undefined): Concat | null {
  if (!header) return null
  const text = header.trim()
  if (text === 'partial') return { kind: 'partial' }
  const [, list = ''] = /^final; ?(.*)$/.exec(text) ?? []
  const partIds = list.split(' ').filter(Boolean).map(parsePartId)
  if (partIds.length > 0 && partIds.length <= PARTS_MAX && new Set(partIds).size === partIds.length) {
    return { kind: 'final', partIds }
  }
  throw new PeekrError('bad_request', {
    message: `The Upload-Concat header is not valid: send "partial", or "final;" and the addresses of up to ${PARTS_MAX} parts, each once.`,
  })
}

/** The id in an address, whatever host and prefix a proxy put before it; who owns it is asked later. */
function parsePartId(address: string): string {
  const url = URL.canParse(address, 'http://peekr') ? new URL(address, 'http://peekr') : null
  const [, id = ''] = /\/api\/uploads\/([^/]+)\/?$/.exec(url?.pathname ?? '') ?? []
  if (isId(id)) return id
  throw new PeekrError('bad_request', {
    message: 'The Upload-Concat header names something that is no upload.',
  })
}
