import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Playlists repeat themselves so much that more effort than this saves no byte worth its time. */
const BROTLI_QUALITY = 9
const GZIP_LEVEL = 9

export interface EncodedForms {
  gzip: Buffer | null
  br: Buffer | null
}

export const NOT_ENCODED: EncodedForms = { gzip: null, br: null }

/** A playlist compressed once, for every answer to come; null where that would not make it smaller. */
export async function encodePlaylist(body: Buffer): Promise<EncodedForms> {
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
