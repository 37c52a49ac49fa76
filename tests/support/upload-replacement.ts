import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { answerUpload } from '#lib/upload/answer-upload'
import { encodeMetadata } from './upload-test.ts'

/** Uploads a file as the new source of a video, in two requests as a client does. Returns the upload's id. */
export async function uploadReplacement(upload: {
  authorization: string
  path: string
  videoId: string
}): Promise<string> {
  const { authorization, path, videoId } = upload
  const bytes = await readFile(path)
  const created = await send('POST', '/api/uploads', {
    authorization,
    'upload-length': String(bytes.length),
    'upload-metadata': encodeMetadata({ filename: basename(path), replaces: videoId }),
  })
  const location = created.headers.get('location') ?? ''
  if (created.status !== 201) throw new Error(await created.text())
  const patched = await send(
    'PATCH',
    location,
    {
      authorization,
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': String(bytes.length),
    },
    bytes,
  )
  if (patched.status !== 204) throw new Error(await patched.text())
  return location.split('/').at(-1) ?? ''
}

function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<Response> {
  const given: Record<string, string> = { 'tus-resumable': '1.0.0', ...headers }
  return answerUpload({
    method,
    path,
    header: (name) => given[name.toLowerCase()] ?? null,
    body: body ? Readable.from([body]) : null,
  })
}
