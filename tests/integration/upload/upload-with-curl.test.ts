import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { VideoModel } from '#lib/db/models/video'
import {
  DOORS,
  makeUploader,
  openUploadTest,
  readUpload,
  type UploadTest,
} from '../../support/upload-test.ts'

const run = promisify(execFile)
const DOCUMENT = new URL('../../../docs/api.md', import.meta.url)

let world: UploadTest
let folder: string
before(async () => {
  world = await openUploadTest()
  folder = await mkdtemp(join(tmpdir(), 'peekr-curl-'))
})
after(async () => {
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

for (const door of DOORS) {
  test(`the curl commands of docs/api.md upload a file at the ${door}`, async () => {
    const { authorization, userId } = await makeUploader()
    const section =
      /## Uploading with curl\n([\s\S]*?)\n## /.exec(await readFile(DOCUMENT, 'utf8'))?.[1] ?? ''
    const commands = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
    assert.equal(commands.length, 3)
    const bytes = randomBytes(70_000)
    await writeFile(join(folder, 'holiday.mp4'), bytes)
    const env = {
      PATH: process.env.PATH,
      PEEKR: world.origins[door],
      TOKEN: authorization.replace('Bearer ', ''),
    }
    await run('/bin/bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
      cwd: folder,
      env: env as unknown as NodeJS.ProcessEnv,
    })
    const video = await VideoModel.findOne({ ownerId: userId }).lean()
    assert.deepEqual([video?.state, video?.source.filename], ['ingesting', 'holiday.mp4'])
    assert.deepEqual(await readUpload(video?.uploadId ?? ''), bytes)
  })
}
