import type { UploadRecord } from './upload-records'

const TUS = { 'Tus-Resumable': '1.0.0' }
const GONE = [403, 404, 410]

type Where = Pick<UploadRecord, 'uploadUrl' | 'partUrls'>

/** Where the bytes of an upload are: at one address, or at one for each part. */
function addressesOf({ uploadUrl, partUrls }: Where): string[] {
  return uploadUrl ? [uploadUrl] : (partUrls ?? [])
}

/**
 * How many bytes the server has of an upload; 0 where it was not begun, null where it is not there any more.
 * @throws when the server does not say
 */
export async function findStoredBytes(record: Where, signal?: AbortSignal): Promise<number | null> {
  let sumBytes = 0
  for (const address of addressesOf(record)) {
    const response = await fetch(address, { method: 'HEAD', headers: TUS, signal })
    if (GONE.includes(response.status)) return null
    const offset = response.headers.get('Upload-Offset')
    if (!response.ok || offset === null) throw new Error(`HEAD answered ${response.status}`)
    sumBytes += Number(offset)
  }
  return sumBytes
}

/** Has the server delete what it stored of an upload. Twice is safe. @throws when it does not */
export async function deleteStored(record: Where | null): Promise<void> {
  for (const address of record === null ? [] : addressesOf(record)) {
    const response = await fetch(address, { method: 'DELETE', headers: TUS })
    if (!response.ok && !GONE.includes(response.status)) throw new Error(`DELETE answered ${response.status}`)
  }
}
