import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { PeekrError } from '#lib/errors'

/** A video's revision under construction. @throws cancelled when there is none: what was wanted of it is no longer */
export async function getBuild(videoId: string): Promise<BuildRecord> {
  const build = await BuildModel.findOne({ videoId }).lean()
  if (build === null) throw new PeekrError('cancelled', { details: { videoId, missing: 'build' } })
  return build
}
