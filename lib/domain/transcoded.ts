import type { EncodeResult } from '#lib/domain/encoding'
import type { SourceProbe } from '#lib/domain/source-probe'

/** What the transcode leaves for the publish: the attempt's folder, the revision it is to become, and its facts. */
export interface Transcoded {
  attemptId: string
  revisionId: string
  probe: SourceProbe
  encoded: EncodeResult
}
