import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { BrowserContext } from 'playwright'

/** Uploads a small file whole as the signed-in visitor; returns its video's id. */
export async function uploadAs(
  visitor: BrowserContext,
  url: string,
  { path, title, visibility = 'public' }: { path: string; title: string; visibility?: string },
): Promise<string> {
  const bytes = await readFile(path)
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const headers = { origin: url, 'Tus-Resumable': '1.0.0' }
  const made = await visitor.request.post(`${url}/api/uploads`, {
    headers: {
      ...headers,
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': `filename ${encode('clip.mp4')},title ${encode(title)},visibility ${encode(visibility)}`,
    },
  })
  assert.equal(made.status(), 201, await made.text())
  const { location = '', 'peekr-video-id': videoId = '' } = made.headers()
  const sent = await visitor.request.patch(new URL(location, url).href, {
    headers: { ...headers, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
    data: bytes,
  })
  assert.equal(sent.status(), 204, await sent.text())
  return videoId
}
