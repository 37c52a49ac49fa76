import { type Part, planParts } from './plan-parts'
import { changeUploadRecord, findUploadRecord } from './upload-records'

/** Below it, parts would be too small to be worth a measurement. */
const FAR_SIZE_BYTES = 128 * 1024 ** 2

/**
 * In which parts an upload is sent: as it was begun, else by how far the server is; null for one stream. The choice is
 * written into its record, since a part is of use only with the others.
 * @param others how many connections the other uploads of this page hold
 */
export async function chooseParts(key: string, sizeBytes: number, others: number): Promise<Part[] | null> {
  const record = findUploadRecord(key)
  if (record === null || record.replaces || record.uploadUrl) return null
  if (record.partUrls) return record.parts
  const roundTripMs = sizeBytes < FAR_SIZE_BYTES ? null : await measureRoundTrip()
  const parts = planParts({ sizeBytes, roundTripMs, others })
  changeUploadRecord(key, { parts })
  return parts
}

/** The shorter of two requests that the server answers without a look at anything; null when one fails. */
async function measureRoundTrip(): Promise<number | null> {
  try {
    const times: number[] = []
    for (let time = 0; time < 2; time += 1) {
      const startedAtMs = performance.now()
      await fetch('/api/uploads', { method: 'OPTIONS', cache: 'no-store' })
      times.push(performance.now() - startedAtMs)
    }
    return Math.min(...times)
  } catch {
    return null // the upload itself will say what is wrong
  }
}
