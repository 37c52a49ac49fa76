import { forgeIdentities, getAdminHeaders } from '#lib/admin/leaks/forge-identities'
import { type Attempt, planAttempts } from '#lib/admin/leaks/plan-attempts'
import { isStillPlayed, type SampledVideo, sampleVideos } from '#lib/admin/leaks/sample-videos'
import { openRawClient, type RawClient } from '#lib/admin/leaks/send-raw'
import { DOOR_HEADER, getDoorKey } from '#lib/auth/door-key'
import { createId } from '#lib/domain/id'
import type { Leak, LeakDoor, LeakReport, LeakRow } from '#lib/domain/leak-view'
import { isPeekrError, PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

const TOGETHER = 8
const LEAKS_MAX = 100

/**
 * The leak self-test: takes some videos of every visibility and asks the running server for every address of theirs,
 * as people who may not have them, with tokens and cookies that do not hold, in other spellings, and with headers that
 * once opened doors; media through the server's own door and the route handler behind it. An administrator is let ask
 * first: what even they are not given proves nothing, and a cache in front that mixes people up then has it. Makes
 * nothing and changes nothing.
 * @param options.url where the server answers, or a proxy in front of it
 * @param options.insteadUrl where to ask when nobody answers there: a machine may not reach its own public address
 * @throws conflict while one runs already, not_found without an administrator, starting when nobody answers
 */
export async function findLeaks(options: {
  url: string
  insteadUrl?: string
  countOfEach: number
}): Promise<LeakReport> {
  const state = singleton('leak-test', () => ({ isRunning: false }))
  if (state.isRunning) {
    throw new PeekrError('conflict', { message: 'A leak test is running already. Wait until it is done.' })
  }
  state.isRunning = true
  let client = openRawClient(options.url)
  const notes: string[] = []
  try {
    await client.send({ path: '/api/health' }).catch((error: unknown) => {
      const { url, insteadUrl } = options
      if (insteadUrl === undefined || !isPeekrError(error)) throw error
      notes.push(`${error.message} So ${insteadUrl} was asked, past what is in front of it, and not ${url}.`)
      client.close()
      client = openRawClient(insteadUrl)
    })
    return await runTest(client, options.countOfEach, notes)
  } finally {
    client.close()
    state.isRunning = false
  }
}

async function runTest(client: RawClient, countOfEach: number, notes: string[]): Promise<LeakReport> {
  const startedAtMs = performance.now()
  const admin = await getAdminHeaders()
  const videos = await sampleVideos(countOfEach)
  const open = videos.find(({ isClosed }) => !isClosed) ?? null
  const openPlace = open && { videoId: open.record._id, revisionId: open.revisionId }
  if (videos.length === 0) notes.push('There is no video to try yet. Upload one.')
  const rows = new Map<string, LeakRow>()
  const leaks: Leak[] = []
  let askedCount = 0
  for (const video of videos) {
    const unproven = await tryAsAdmin(client, video, admin.headers)
    if (unproven !== null) notes.push(unproven)
    const other = videos.find(({ record }) => record._id !== video.record._id)
    const { identities, missing } = await forgeIdentities(
      video,
      { videoId: other?.record._id ?? createId(), revisionId: other?.revisionId ?? createId() },
      admin.grant,
    )
    for (const name of missing) notes.push(`There is no account to ask as ${name}.`)
    const attempts = planAttempts(video, identities, openPlace)
    await runTogether(attempts, async (attempt) => {
      const doors: LeakDoor[] = attempt.isMedia ? ['front', 'handler'] : ['front']
      for (const door of doors) {
        askedCount += 1
        const leak = await tryAttempt(client, attempt, door)
        const row = countRow(rows, attempt, door)
        row.askedCount += 1
        if (leak === null) continue
        row.leakedCount += 1
        if (leaks.length < LEAKS_MAX) leaks.push(leak)
      }
    })
  }
  const counts = new Map<string, number>()
  for (const { visibility } of videos) counts.set(visibility, (counts.get(visibility) ?? 0) + 1)
  return {
    passed: leaks.length === 0 && videos.length > 0 && !notes.some((note) => note.startsWith(UNPROVEN)),
    askedCount,
    tookMs: Math.round(performance.now() - startedAtMs),
    videos: Object.fromEntries(counts),
    rows: [...rows.values()],
    leaks,
    notes: [...new Set(notes)],
  }
}

const UNPROVEN = 'Nothing is proven'

/** That what is asked for is there at all. A deleted video is there for nobody. */
async function tryAsAdmin(
  client: RawClient,
  video: SampledVideo,
  headers: Record<string, string>,
): Promise<string | null> {
  const { record, revisionId, visibility, files } = video
  if (visibility === 'deleted') return null
  for (const path of [
    `/api/videos/${record._id}`,
    ...files.map((file) => `/stream/${record._id}/${revisionId}/${file.path}`),
  ]) {
    const { status } = await client.send({ path, headers })
    if (status !== 200 && (await isStillPlayed(video)))
      return `${UNPROVEN} about ${record._id}: an administrator was answered ${status} at ${path}.`
  }
  return null
}

async function tryAttempt(client: RawClient, attempt: Attempt, door: LeakDoor): Promise<Leak | null> {
  const { video, name, method, path, find } = attempt
  const headers = { ...attempt.headers, ...(door === 'handler' && { [DOOR_HEADER]: getDoorKey() }) }
  const answer = await client.send({ method, path, headers })
  const reason = find(answer)
  if (reason === null) return null
  const request = `${method} ${path.replace(/\/stream\/t\/[^/]{20,}\//, '/stream/t/…/')}`
  return {
    videoId: video.record._id,
    visibility: video.visibility,
    attempt: name,
    door,
    request,
    status: answer.status,
    reason,
  }
}

function countRow(rows: Map<string, LeakRow>, { video, name }: Attempt, door: LeakDoor): LeakRow {
  const { visibility } = video
  const key = `${visibility} ${name} ${door}`
  const row = rows.get(key) ?? { visibility, attempt: name, door, askedCount: 0, leakedCount: 0 }
  rows.set(key, row)
  return row
}

async function runTogether<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const runOne = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: TOGETHER }, runOne))
}
