import { getConfig } from '#lib/config'
import type { ContentMeasure } from '#lib/domain/content-measure'
import { createId } from '#lib/domain/id'
import type { SourceProbe } from '#lib/domain/source-probe'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext } from '#lib/jobs/run-job'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import { planLadder } from '#lib/transcode/plan-ladder'

/** What a test encode in a worker says of a video's content, in a folder that is gone afterwards. @throws cancelled */
export async function askForContent(
  videoId: string,
  probe: SourceProbe,
  { signal, log }: JobContext,
): Promise<ContentMeasure | null> {
  if (probe.video === null) return null
  const library = await getLibrary()
  const attemptId = createId()
  const outputPath = await library.createAttempt(videoId, attemptId)
  try {
    const ladder = planLadder(probe.video, getConfig().ladder)
    const sourcePath = await getWorkSource(videoId)
    const request = { sourcePath, outputPath, probe, ladder, tools: getMediaTools() }
    const content = await runTask('measure-content', request, { signal })
    log(content === null ? 'A test encode said nothing, so the usual caps hold.' : describe(content))
    return content
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}

function describe({ pixels, bitrateBps }: ContentMeasure): string {
  return `A test encode took ${Math.round(bitrateBps / 1000)} kbit/s for ${pixels} pixels; the caps follow that.`
}
