import assert from 'node:assert/strict'
import { mayWatch, type Row } from './matrix-rows.ts'
import {
  IDENTITIES,
  type Identity,
  type Kind,
  type SeededVideo,
  SOURCE_NAME,
  SOURCE_SHA256,
  type World,
} from './matrix-world.ts'

/** One question of the matrix and the status it must get. */
export interface Cell {
  name: string
  method: string
  row: Row
  identity: Identity
  /** null where the route is about no video. */
  kind: Kind | null
  /** Instead of the one that every world has of this kind. */
  video?: SeededVideo | undefined
  status: number
}

/** Whose video it is, or who looks after all of them, and whose token reads: they may know its source. */
const INSIDERS: readonly Identity[] = ['owner', 'admin', 'reads']
/** Who may know the owner's address: the owner, whatever the token, and administrators. */
const KNOW_OWNER: readonly Identity[] = [...INSIDERS, 'uploads', 'administers']

/** The name of a snapshot that nobody has taken. */
const NO_SNAPSHOT = '2026-11-22T22-33-02.123Z-manual'
/**
 * Those who have something for one video. A row about no video does not ask them: there they are who they are without
 * it. A line about a video that names the first nine alone gives them what those get.
 */
const SHADOWS: Partial<Record<Identity, Identity>> = {
  named: 'viewer',
  removed: 'viewer',
  pass: 'anonymous',
  oldPass: 'anonymous',
  link: 'anonymous',
  endedLink: 'anonymous',
  lateLink: 'anonymous',
}

/** The cells of a row, named after its method and path. */
export function buildCells(name: string, row: Row): Cell[] {
  const [method = ''] = name.split(' ')
  const lines: [Kind | null, string][] =
    typeof row.expect === 'string' ? [[null, row.expect]] : (Object.entries(row.expect) as [Kind, string][])
  return lines.flatMap(([kind, line]) => {
    const statuses = line.trim().split(/\s+/)
    const plainCount = IDENTITIES.length - Object.keys(SHADOWS).length
    const isWhole = statuses.length === IDENTITIES.length || statuses.length === plainCount
    assert.ok(isWhole, `${name} names every identity`)
    const asked = kind === null ? IDENTITIES.slice(0, plainCount) : IDENTITIES
    return asked.flatMap((identity, index) => {
      const status = Number(statuses[index] ?? statuses[IDENTITIES.indexOf(SHADOWS[identity] ?? identity)])
      return Number.isNaN(status) ? [] : [{ name, method, row, identity, kind, status }]
    })
  })
}

/** Asks as the cell's identity would. `extra` headers win; an empty one is not sent. */
export async function askCell(
  world: World,
  door: 'on' | 'off',
  cell: Cell,
  extra: Record<string, string> = {},
): Promise<Response> {
  const { name, method, row, identity, kind, status } = cell
  // Whoever is refused destroys nothing; if they do, those who ask for the same video after them show it.
  const isDestroyed = row.destroys && (status < 400 || status === 409)
  const video = isDestroyed && kind ? await world.makeVideo(kind) : findVideo(world, cell)
  let path = row.path ?? name.slice(name.indexOf(' ') + 1)
  if (path.includes('{uploadId}')) path = path.replace('{uploadId}', await world.makeUpload())
  path = path.replace('{videoId}', video.videoId).replace('{revisionId}', video.revisionId)
  path = path.replace('{name}', NO_SNAPSHOT)
  const headers = {
    'sec-fetch-site': 'same-origin',
    ...(row.json !== undefined && { 'content-type': 'application/json' }),
    ...world.headersOf(identity, video),
    ...row.headers,
    ...extra,
  }
  const sent = Object.entries(headers).filter(([, value]) => value !== '')
  const raw = method === 'PATCH' ? 'some data' : undefined
  const body = row.json === undefined ? raw : JSON.stringify(row.json)
  return fetch(world.doors[door].url + path, { method, headers: sent, body, redirect: 'manual' })
}

/** What is wrong with an answer, or null: its status, how it may be kept, or what it tells to whom. */
export async function checkCell(world: World, cell: Cell, answer: Response): Promise<string | null> {
  const { name, identity, kind, status } = cell
  const text = await answer.text()
  const problem =
    (answer.status === status ? null : `${answer.status} instead of ${status}`) ??
    findHeaderProblem(cell, answer) ??
    findLeak(world, cell, text)
  return problem && `${name} (${kind ?? 'no video'}) by ${identity}: ${problem}`
}

function findHeaderProblem({ name, kind }: Cell, { status, headers }: Response): string | null {
  // Nothing to keep and nothing to sniff.
  if (status === 204) return null
  const caching = headers.get('cache-control') ?? ''
  const isMedia = name.includes(' /stream/') && status === 200
  const wanted = isMedia
    ? kind === 'public' || kind === 'unlisted'
      ? /^public,/
      : /^private,/
    : /^(?!.*public).*no-store/
  if (!wanted.test(caching)) return `cache-control is ${caching}`
  if (isMedia && !(Number(headers.get('content-length')) > 0)) return 'content-length is missing'
  const sniffable = status !== 307 && headers.get('x-content-type-options') !== 'nosniff'
  return sniffable ? 'x-content-type-options is missing' : null
}

/** Any video where the route is about none: then its kind does not matter. */
function findVideo(world: World, { kind, video }: Cell): SeededVideo {
  return video ?? world.videos[kind ?? 'public']
}

function findLeak(world: World, cell: Cell, text: string): string | null {
  const { identity, row, kind } = cell
  const { title, revisionId } = findVideo(world, cell)
  const secrets = [
    ...(kind === null || row.opens || INSIDERS.includes(identity) || mayWatch(identity, kind)
      ? []
      : [title, revisionId]),
    ...(INSIDERS.includes(identity) ? [] : [SOURCE_NAME, SOURCE_SHA256]),
    ...(KNOW_OWNER.includes(identity) ? [] : [world.ownerEmail]),
  ]
  const told = secrets.filter((secret) => text.includes(secret))
  return told.length === 0 ? null : `tells ${told}`
}
