import { request } from 'node:http'

const TUS = { 'tus-resumable': '1.0.0', 'sec-fetch-site': 'same-origin' }

/** Creates an upload as its owner (tus 1.0.0, Creation). @returns its absolute URL and its video */
export async function createUpload(
  origin: string,
  options: { cookie: string; sizeBytes: number; filename: string },
): Promise<{ url: string; videoId: string }> {
  const response = await fetch(`${origin}/api/uploads`, {
    method: 'POST',
    headers: {
      ...TUS,
      cookie: options.cookie,
      'upload-length': String(options.sizeBytes),
      'upload-metadata': `filename ${Buffer.from(options.filename).toString('base64')}`,
    },
  })
  const location = response.headers.get('location')
  const videoId = response.headers.get('peekr-video-id')
  if (response.status !== 201 || !location || !videoId) {
    throw new Error(`Creating an upload answered ${response.status}: ${await response.text()}`)
  }
  return { url: new URL(location, origin).href, videoId }
}

/** How many bytes the server has (HEAD). */
export async function findOffset(url: string, cookie: string): Promise<number> {
  const response = await fetch(url, { method: 'HEAD', headers: { ...TUS, cookie } })
  if (response.status !== 200) throw new Error(`HEAD ${url} answered ${response.status}.`)
  return Number(response.headers.get('upload-offset'))
}

/**
 * Sends bytes (PATCH). With a `lengthBytes` beyond them the request stays unfinished, until the server dies.
 * @returns the offset the server acknowledged; rejects when the connection breaks or the status is not 204
 */
export function sendChunk(
  url: string,
  options: { cookie: string; offset: number; bytes: Buffer; lengthBytes?: number },
): Promise<number> {
  const { cookie, offset, bytes, lengthBytes = bytes.length } = options
  const headers = {
    ...TUS,
    cookie,
    'content-type': 'application/offset+octet-stream',
    'content-length': lengthBytes,
    'upload-offset': offset,
  }
  return new Promise((resolve, reject) => {
    const req = request(url, { method: 'PATCH', headers, agent: false }, (res) => {
      res.resume()
      if (res.statusCode === 204) resolve(Number(res.headers['upload-offset']))
      else reject(new Error(`PATCH ${url} answered ${res.statusCode}.`))
    })
    req.on('error', reject)
    if (lengthBytes > bytes.length) req.write(bytes)
    else req.end(bytes)
  })
}
