/** A request in the hope that somebody on the way skips a check. */
export interface Trick {
  name: string
  method?: string
  path: string
  headers?: Record<string, string>
}

/** Headers that made servers, proxies and frameworks skip their checks, sent with the very address. */
const HEADERS: Record<string, string>[] = [
  { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' }, // CVE-2025-29927
  { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
  { 'x-middleware-subrequest': 'src/middleware:src/middleware:src/middleware:src/middleware:src/middleware' },
  { 'x-middleware-rewrite': '/api/health' },
  { 'x-middleware-next': '1' },
  { 'x-middleware-override-headers': 'cookie' },
  { 'x-http-method-override': 'OPTIONS' },
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-real-ip': '127.0.0.1' },
  { 'x-peekr-client': '127.0.0.1' },
  { 'x-forwarded-host': 'localhost', 'x-forwarded-proto': 'https' },
  { forwarded: 'for=127.0.0.1;host=localhost' },
  { host: 'localhost' },
  { 'x-matched-path': '/api/health' },
  { 'x-invoke-path': '/api/health', 'x-invoke-status': '200' },
  { 'x-now-route-matches': '1=/api/health' },
  { 'next-action': 'a'.repeat(40) },
  { rsc: '1' },
  { rsc: '1', 'next-router-prefetch': '1' },
  { 'x-nextjs-data': '1' },
  { 'x-prerender-revalidate': 'x' },
  { range: 'bytes=0-' },
  { 'if-none-match': '*' },
  { authorization: 'Basic YWRtaW46YWRtaW4=' },
  { origin: 'null', referer: 'http://localhost/admin' },
]

/** Headers that name another address than the one that is asked. */
const ADDRESS_HEADERS = [
  'x-original-url',
  'x-rewrite-url',
  'x-original-uri',
  'x-forwarded-uri',
  'x-invoke-path',
]

/** An address asked with headers that once opened doors, and with other methods. */
export function listHeaderTricks(path: string): Trick[] {
  return [
    ...HEADERS.map((headers) => ({ name: `the header ${Object.keys(headers)[0]}`, path, headers })),
    ...ADDRESS_HEADERS.flatMap((name) =>
      ['/', '/api/health', '/login'].map((decoy) => ({
        name: `the header ${name}`,
        path: decoy,
        headers: { [name]: path },
      })),
    ),
    ...['HEAD', 'POST', 'OPTIONS', 'PROPFIND'].map((method) => ({
      name: `the method ${method}`,
      method,
      path,
    })),
  ]
}

/** Other spellings of a media address that a careless reader takes for the same. `open` is a file anybody may have. */
export function listSpellings(place: {
  videoId: string
  revisionId: string
  path: string
  open: { videoId: string; revisionId: string } | null
}): Trick[] {
  const { videoId, revisionId, path, open } = place
  const target = `${videoId}/${revisionId}/${path}`
  const onDisk = `${videoId}/revisions/${revisionId}/${path}`
  const escaped = target.replaceAll('/', '%2f')
  const spellings = [
    `/stream//${target}`,
    `//stream/${target}`,
    `/./stream/${target}`,
    `/stream/./${target}`,
    `/x/../stream/${target}`,
    `/api/../stream/${target}`,
    `/_next/static/../../stream/${target}`,
    `/api/health/..%2f..%2fstream/${target}`,
    `/%73tream/${target}`,
    `/STREAM/${target}`,
    `/stream/${target}/`,
    `/stream/${target}/.`,
    `/stream/${target}%00`,
    `/stream/${target};.css`,
    `/stream/${target}?public=1`,
    `/stream/${target}%3f`,
    `/stream/${escaped}`,
    `/stream/${escaped.replaceAll('%', '%25')}`,
    `/stream/${target.replaceAll('/', '\\')}`,
    `/stream/t//${target}`,
    `/stream/t/x/${target}`,
    `/stream/t/../${target}`,
    `/stream/t/${'A'.repeat(80)}/${target}`,
    `/stream/${videoId.toUpperCase()}/${revisionId}/${path}`,
    `/_next/image?url=${encodeURIComponent(`/stream/${target}`)}&w=640&q=75`,
    `/_next/data/build/stream/${target}.json`,
    `/_next/static/..%2f..%2f..%2fdata%2flibrary%2f${onDisk.replaceAll('/', '%2f')}`,
    `/data/library/${onDisk}`,
    `/library/${onDisk}`,
    `http://localhost/stream/${target}`,
    ...(open
      ? [
          '../../..',
          '..%2f..%2f..',
          '%2e%2e/%2e%2e/%2e%2e',
          '%252e%252e%252f%252e%252e',
          '..\\..\\..',
        ].flatMap((up) => [
          `/stream/${open.videoId}/${open.revisionId}/${up}/${onDisk}`,
          `/stream/${open.videoId}/${open.revisionId}/${up}/${target}`,
        ])
      : []),
  ]
  return spellings.map((spelling) => ({ name: 'another spelling of the address', path: spelling }))
}
