import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Playlists, and the VTT that says which picture shows what time: what a text is worth compressing for. */
const TEXT = /\.(?:m3u8|vtt)$/
/** Playlists repeat themselves so much that more effort than this saves no byte worth its time. */
const BROTLI_QUALITY = 9
const GZIP_LEVEL = 9

export interface EncodedForms {
  gzip: Buffer | null
  br: Buffer | null
}

export const NOT_ENCODED: EncodedForms = { gzip: null, br: null }

/** Whether a file of a revision is a text, and therefore kept compressed as well. */
export function isTextPath(path: string): boolean {
  return TEXT.test(path)
}

/** A text compressed once, for every answer to come; null where that would not make it smaller. */
export async function encodeText(body: Buffer): Promise<EncodedForms> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
  }
  const [zipped, br] = await Promise.all([
    promisify(gzip)(body, { level: GZIP_LEVEL }),
    promisify(brotliCompress)(body, { params }),
  ])
  const ifSmaller = (encoded: Buffer) => (encoded.length < body.length ? encoded : null)
  return { gzip: ifSmaller(zipped), br: ifSmaller(br) }
}
