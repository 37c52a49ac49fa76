import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createId } from '#lib/domain/id'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { openStorage } from '#lib/storage/open-storage'

/** A video's life, run by a test as a user who is not root: prints what came of it as JSON. */
const dataPath = process.argv[2] ?? ''
const storage = await openStorage({ dataPath, runBtrfs })
const videoId = createId()
const upload = join(dataPath, 'uploads', createId())
await writeFile(upload, 'a film')
await storage.createVideo(videoId)
await storage.adoptSource(videoId, upload)
await storage.writeVideoFile(videoId, 'video.json', '{}')
await storage.snapshot(videoId, 'published')
const [taken] = await storage.listSnapshots(videoId)
await storage.writeVideoFile(videoId, 'video.json', '{"changed":true}')
await storage.beginRestore(videoId, taken?.name ?? '')
await storage.endRestore(videoId)
const restored = String(await storage.readVideoFile(videoId, 'video.json'))
const source = await readFile(storage.sourcePath(videoId), 'utf8')
const exclusiveBytes = await storage.measureSnapshot(videoId, taken?.name ?? '')
await storage.snapshot(videoId, 'again')
await storage.deleteSnapshot(videoId, taken?.name ?? '')
const snapshotCount = (await storage.listSnapshots(videoId)).length
await storage.deleteVideo(videoId)
const { driver, advice } = await storage.describe()
console.log(
  JSON.stringify({
    driver,
    advice,
    restored,
    source,
    measured: exclusiveBytes !== null,
    snapshotCount,
    left: await storage.listVideoIds(),
  }),
)
