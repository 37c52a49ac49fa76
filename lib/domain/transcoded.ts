import type { EncodeResult } from '#lib/domain/encoding'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'

/** What the transcode leaves for the publish: the revision it is to become, and its facts. */
export interface Transcoded {
  revisionId: string
  segmentFormat: SegmentFormat
  probe: SourceProbe
  encoded: EncodeResult
}
