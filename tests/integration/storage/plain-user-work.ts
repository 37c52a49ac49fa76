import { writeFile } from 'node:fs/promises'
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
const snapshotCount = (await storage.listSnapshots(videoId)).length
await storage.deleteVideo(videoId)
const { driver, advice } = await storage.describe()
console.log(JSON.stringify({ driver, advice, snapshotCount, left: await storage.listVideoIds() }))
