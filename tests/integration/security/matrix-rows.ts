import { IDENTITIES, type Identity, type Kind, VIDEO_PASSWORD } from './matrix-world.ts'

/** One status per identity, in the order of IDENTITIES; `-` is not asked, and the row says why. */
export type Statuses = string

export interface Row {
  /** What is allowed: for routes about a video one line per kind, else one line. */
  expect: Statuses | Record<Kind, Statuses>
  /** The address asked, where it is not the route's own with ids filled in. */
  path?: string
  json?: unknown
  headers?: Record<string, string>
  /** A write that changes its target: each cell that may gets one of its own. */
  destroys?: boolean
  /** What it sends lets anybody in, so its answer may tell what the video is. */
  opens?: boolean
}

const TUS = { 'tus-resumable': '1.0.0' }
/** An id nobody has: whoever passes the authorisation is told 404. */
const NOBODY = '2222222222222222'

//                        anon vwr othr ownr admn disa read uplo admi
const ANYBODY = /*     */ '200  200 200  200  200  200  200  200  200'
const ADMIN = /*       */ '401  403 403  403  200  401  403  403  200'
const ADMIN_404 = /*   */ '401  403 403  403  404  401  403  403  404'
const SIGNED_IN = /*   */ '401  200 200  200  200  401  200  200  200'
const OWN_ACCOUNT = /* */ '401  200 200  200  200  401  403  403  403'
export const NOBODY_404 = /*  */ '404  404 404  404  404  404  404  404  404'
/** A video's API and media. The tokens without `videos:read` see none that is not open. */
const OWN = /*         */ '404  404 404  200  200  404  200  404  404'
/*                         named removed pass oldPass link endedLink lateLink */
const WATCH = {
  public: ANYBODY,
  unlisted: ANYBODY,
  password: /*     */ `${OWN} 404  404   200  404   200   404     404`,
  people: /*       */ `${OWN} 200  404   404  404   200   404     404`,
  private: /*      */ `${OWN} 404  404   404  404   200   404     404`,
  deleted: NOBODY_404,
}
/** A link shows a video; it is no reason to say that others may change it. */
const editing = (done: number) => {
  const yes = /*       */ `401  403 403  ${done}  ${done}  401  403  403  403`
  const hidden = /*    */ `404  404 404  ${done}  ${done}  404  403  404  404`
  const shown = `${hidden} 403  404   404  404   404   404     404`
  return { public: yes, unlisted: yes, password: hidden, people: shown, private: hidden, deleted: NOBODY_404 }
}
/** What is not in the bin is 404 there for everybody; what is, is for those who may change it. */
const binning = (done: number) => {
  const none = /*      */ '401  404 404  404  404  401  404  404  404'
  const binned = /*    */ `401  404 404  ${done}  ${done}  401  403  404  404`
  return { ...everyKind(none), deleted: binned }
}
const OWN_BIN_READ = /* */ '401  200 200  200  200  401  200  403  403'
/** Emptying a bin would take the videos of other cells; tests/integration/catalog does it. */
const EMPTY_OWN_BIN = /**/ '401  403 -    -    -    401  403  403  403'
const EMPTY_ALL_BINS = /**/ '401 403 403  403  -    401  403  403  -'
const everyKind = (line: Statuses) => ({
  public: line,
  unlisted: line,
  password: line,
  people: line,
  private: line,
  deleted: line,
})
const SIGN_IN_FIRST = /**/ '307  200 200  200  200  307  200  200  200'
const ADMIN_PAGE = /*  */ '307  404 404  404  200  307  404  404  200'
const OWN_UPLOAD = (done: number) =>
  /*                   */ `401  404 404  ${done}  404  401  403  ${done}  404`

/** Every method of every route handler. */
export const API_ROWS: Record<string, Row> = {
  'GET /api/health': { expect: ANYBODY },
  'GET /api/openapi.json': { expect: ANYBODY },
  'GET /api/videos': { expect: ANYBODY },
  'GET /api/videos/{videoId}': { expect: WATCH },
  'PATCH /api/videos/{videoId}': { expect: editing(200), json: { title: 'New' }, destroys: true },
  'DELETE /api/videos/{videoId}': { expect: editing(204), destroys: true },
  // 409: it is ready, so there is nothing to try again.
  'POST /api/videos/{videoId}/retry': { expect: editing(409), json: {} },
  // 409: its source was not kept.
  'POST /api/videos/{videoId}/reencode': { expect: editing(409), json: {} },
  'GET /api/videos/{videoId}/jobs': { expect: editing(200) },
  'GET /api/videos/{videoId}/proof': { expect: editing(200) },
  'POST /api/videos/{videoId}/proof': { expect: editing(409), json: {}, destroys: true },
  'GET /api/videos/{videoId}/snapshots': { expect: editing(200) },
  'POST /api/videos/{videoId}/snapshots': { expect: editing(409), json: {}, destroys: true },
  // 404: of a snapshot that nobody has taken.
  'PATCH /api/videos/{videoId}/snapshots/{name}': { expect: editing(404), json: { label: 'x' } },
  'DELETE /api/videos/{videoId}/snapshots/{name}': { expect: editing(404) },
  'POST /api/videos/{videoId}/snapshots/{name}/restore': { expect: editing(404), json: {} },
  'GET /api/videos/{videoId}/snapshots/{name}/poster': { expect: editing(404) },
  'GET /api/bin': { expect: OWN_BIN_READ },
  'DELETE /api/bin': { expect: EMPTY_OWN_BIN },
  'POST /api/bin/{videoId}/restore': { expect: binning(200), json: {}, destroys: true },
  'DELETE /api/bin/{videoId}': { expect: binning(204), destroys: true },
  'GET /api/admin/bin': { expect: ADMIN },
  'DELETE /api/admin/bin': { expect: EMPTY_ALL_BINS },
  'GET /api/videos/{videoId}/access': { expect: editing(200) },
  // The right password, whoever says it; the wrong ones are limited, and tested apart.
  'POST /api/videos/{videoId}/access': {
    expect: { ...everyKind(NOBODY_404), password: ANYBODY },
    json: { password: VIDEO_PASSWORD },
    opens: true,
  },
  // 400: there is no such account, which only those learn who may name people.
  'POST /api/videos/{videoId}/access/people': {
    expect: editing(400),
    json: { who: 'nobody@example.org' },
  },
  'DELETE /api/videos/{videoId}/access/people/{userId}': {
    expect: editing(204),
    path: `/api/videos/{videoId}/access/people/${NOBODY}`,
  },
  'POST /api/videos/{videoId}/access/links': { expect: editing(201), json: { expiresInHours: 1 } },
  'DELETE /api/videos/{videoId}/access/links/{linkId}': {
    expect: editing(404),
    path: `/api/videos/{videoId}/access/links/${NOBODY}`,
  },
  'GET /api/me': { expect: SIGNED_IN },
  'PATCH /api/me': { expect: OWN_ACCOUNT, json: { name: 'New' } },
  'GET /api/tokens': { expect: OWN_ACCOUNT },
  'POST /api/tokens': {
    expect: OWN_ACCOUNT.replaceAll('200', '201'),
    json: { name: 'mine' },
  },
  'DELETE /api/tokens/{id}': { expect: OWN_ACCOUNT.replaceAll('200', '404'), path: `/api/tokens/${NOBODY}` },
  'GET /api/setup': { expect: ANYBODY },
  'POST /api/setup': {
    expect: ANYBODY.replaceAll('200', '409'),
    json: { code: 'AAAA-AAAA', email: 'eve@example.org', name: 'Eve', password: 'a long password' },
  },
  // Making the clip is not asked for here: it takes an encode, and the browser journey does it.
  'POST /api/setup/sample': { expect: '401 403 403 403 - 401 403 403 -' },
  'POST /api/register': {
    expect: ANYBODY.replaceAll('200', '403'),
    json: { email: 'eve@example.org', name: 'Eve', password: 'a long password' },
  },
  'GET /api/admin/settings': { expect: ADMIN },
  'PATCH /api/admin/settings': { expect: ADMIN, json: { originals: 'keep' } },
  'GET /api/admin/storage': { expect: ADMIN },
  'GET /api/admin/imports': { expect: ADMIN },
  // 400: the disks of a test machine are left alone.
  'POST /api/admin/storage': { expect: ADMIN.replaceAll('200', '400'), json: { action: 'format' } },
  'GET /api/admin/storage/events': { expect: ADMIN },
  // Nobody's bytes are read for it here: the world's videos have none.
  'POST /api/admin/storage/verify': { expect: '401 403 403 403 - 401 403 403 -', json: {} },
  'GET /api/admin/encoders': { expect: ADMIN },
  'POST /api/admin/encoders': { expect: ADMIN, json: {} },
  // 400: the test itself takes seconds, and tests/integration/security/leaks runs it.
  'POST /api/admin/leaks': { expect: ADMIN.replaceAll('200', '400'), json: { unknown: true } },
  'GET /api/admin/videos': { expect: ADMIN },
  'GET /api/admin/users': { expect: ADMIN },
  // 400: the schema is asked only after the authorisation.
  'POST /api/admin/users': { expect: ADMIN.replaceAll('200', '400'), json: { role: 'admin' } },
  'PATCH /api/admin/users/{id}': {
    expect: ADMIN_404,
    path: `/api/admin/users/${NOBODY}`,
    json: { role: 'admin' },
  },
  'GET /api/jobs': { expect: ADMIN },
  'GET /api/admin/queue': { expect: ADMIN },
  'PATCH /api/admin/queue': { expect: ADMIN, json: { paused: false } },
  'POST /api/jobs/{jobId}/cancel': { expect: ADMIN_404, path: `/api/jobs/${NOBODY}/cancel`, json: {} },
  'POST /api/jobs/{jobId}/retry': { expect: ADMIN_404, path: `/api/jobs/${NOBODY}/retry`, json: {} },
  'GET /api/auth/{nextauth}': { expect: ANYBODY, path: '/api/auth/session' },
  // Without next-auth's own token nobody is signed in; it shows the form again.
  'POST /api/auth/{nextauth}': {
    expect: ANYBODY.replaceAll('200', '302'),
    path: '/api/auth/callback/credentials',
  },
  'OPTIONS /api/uploads/{tus}': { expect: ANYBODY.replaceAll('200', '204'), path: '/api/uploads' },
  'POST /api/uploads/{tus}': {
    expect: '401 403 201 201 201 401 403 201 403',
    path: '/api/uploads',
    headers: { ...TUS, 'upload-length': '9' },
  },
  'HEAD /api/uploads/{tus}': { expect: OWN_UPLOAD(200), path: '/api/uploads/{uploadId}', headers: TUS },
  'PATCH /api/uploads/{tus}': {
    expect: OWN_UPLOAD(204),
    path: '/api/uploads/{uploadId}',
    headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    destroys: true,
  },
  'DELETE /api/uploads/{tus}': {
    expect: OWN_UPLOAD(204),
    path: '/api/uploads/{uploadId}',
    headers: TUS,
    destroys: true,
  },
  ...rowsOfNothing(),
  ...streamRows(),
}

/** Every page. */
export const PAGE_ROWS: Record<string, Row> = {
  '/': { expect: ANYBODY },
  // Where a password is asked for, the page does so, and says nothing else.
  '/watch/{videoId}': { expect: { ...WATCH, password: ANYBODY } },
  // The same whatever is asked for: what a link opens is behind its #.
  '/shared/{videoId}': { expect: ANYBODY },
  '/studio/{videoId}': {
    expect: {
      public: /*       */ '307  404 404  200  200  307  404  404  404',
      unlisted: /*     */ '307  404 404  200  200  307  404  404  404',
      password: /*     */ '307  404 404  200  200  307  404  404  404',
      people: /*       */ '307  404 404  200  200  307  404  404  404',
      private: /*      */ '307  404 404  200  200  307  404  404  404',
      deleted: /*      */ '307  404 404  404  404  307  404  404  404',
    },
  },
  '/login': { expect: '200 307 307 307 307 200 307 307 307' },
  '/register': { expect: '200 307 307 307 307 200 307 307 307' },
  '/setup': { expect: ANYBODY.replaceAll('200', '307') },
  '/account': { expect: SIGN_IN_FIRST },
  '/upload': { expect: SIGN_IN_FIRST },
  '/studio': { expect: SIGN_IN_FIRST },
  '/studio/bin': { expect: SIGN_IN_FIRST },
  '/studio/{videoId}/history': {
    expect: {
      public: /*       */ '307  404 404  200  200  307  404  404  404',
      unlisted: /*     */ '307  404 404  200  200  307  404  404  404',
      password: /*     */ '307  404 404  200  200  307  404  404  404',
      people: /*       */ '307  404 404  200  200  307  404  404  404',
      private: /*      */ '307  404 404  200  200  307  404  404  404',
      deleted: /*      */ '307  404 404  404  404  307  404  404  404',
    },
  },
  '/studio/{videoId}/making': {
    expect: {
      public: /*       */ '307  404 404  200  200  307  404  404  404',
      unlisted: /*     */ '307  404 404  200  200  307  404  404  404',
      password: /*     */ '307  404 404  200  200  307  404  404  404',
      people: /*       */ '307  404 404  200  200  307  404  404  404',
      private: /*      */ '307  404 404  200  200  307  404  404  404',
      deleted: /*      */ '307  404 404  404  404  307  404  404  404',
    },
  },
  '/admin/bin': { expect: ADMIN_PAGE },
  '/admin': { expect: ADMIN_PAGE },
  '/admin/videos': { expect: ADMIN_PAGE },
  '/admin/users': { expect: ADMIN_PAGE },
  '/admin/jobs': { expect: ADMIN_PAGE },
  '/admin/storage': { expect: ADMIN_PAGE },
  '/admin/settings': { expect: ADMIN_PAGE },
  '/admin/leaks': { expect: ADMIN_PAGE },
}

/** Whether somebody may know what a video of this kind is. */
export function mayWatch(identity: Identity, kind: Kind): boolean {
  const statuses = WATCH[kind].trim().split(/\s+/)
  // The open kinds list the first nine alone, and let everybody in; the deleted one lets in nobody.
  return (statuses[IDENTITIES.indexOf(identity)] ?? statuses[0]) === '200'
}

function rowsOfNothing(): Record<string, Row> {
  const row = { expect: NOBODY_404, path: '/api/nothing/here' }
  return Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [`${method} /api/{unknown}`, row]),
  )
}

function streamRows(): Record<string, Row> {
  const refused = {
    expect: ANYBODY.replaceAll('200', '405'),
    path: '/stream/{videoId}/{revisionId}/poster.jpg',
  }
  const path = '/stream/{videoId}/{revisionId}/720p/segment-00001.m4s'
  return {
    'GET /stream/{path}': { expect: WATCH, path },
    'HEAD /stream/{path}': { expect: WATCH, path },
    'OPTIONS /stream/{path}': {
      expect: {
        public: ANYBODY.replaceAll('200', '204'),
        unlisted: ANYBODY.replaceAll('200', '204'),
        password: NOBODY_404,
        people: NOBODY_404,
        private: NOBODY_404,
        deleted: NOBODY_404,
      },
      path,
    },
    'DELETE /stream/{path}': refused,
    'PATCH /stream/{path}': refused,
    'POST /stream/{path}': refused,
    'PUT /stream/{path}': refused,
  }
}
