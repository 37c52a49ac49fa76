const FILES = [
  ...['multivariant.m3u8', 'poster.jpg', '240p/media.m3u8', '240p/init.mp4', '240p/segment-00000.m4s'],
  ...['audio/media.m3u8', 'audio/segment-00000.m4s', 'storyboard.vtt', 'manifest.json', 'secret.txt'],
]
const DOTS = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%252f',
  '..\\',
  '..%5c',
  '.%2e/',
  '..;/',
  '....//',
  '%c0%ae%c0%ae/',
]
const ODD = [
  ...[
    '%00',
    '%',
    '%zz',
    '%ff',
    '//',
    '/./',
    '?',
    '?x=1',
    '#',
    '%23',
    ';a=b',
    '%20',
    '+',
    '.',
    '~',
    '\u00e9',
    '\x7f',
  ],
  ...[
    '%2e',
    '%2F',
    '\\',
    '%5C',
    ':',
    '@',
    '*',
    'http://127.0.0.1/',
    '%0d%0a',
    '\t',
    '"',
    '<',
    '{',
    '|',
    '^',
    '`',
  ],
]
const TARGETS = [
  ...[
    'secret.txt',
    '../secret.txt',
    '../../video.json',
    '../../source/original',
    '../../../../secrets/media',
  ],
  ...['../../../../../etc/passwd', '/etc/passwd', 'manifest.json', '.', '..', ''],
]
const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'get',
  'FOO',
]
const HEADERS: Record<string, readonly string[]> = {
  range: [
    ...[
      'bytes=0-',
      'bytes=-1',
      'bytes=5-2',
      'bytes=0-0,2-2',
      'bytes=99999999999999999999-',
      'bytes=',
      'items=0-1',
    ],
    ...['bytes=-0', 'bytes=0-18446744073709551616', 'bytes= 1 - 2 ', 'BYTES=0-5', 'bytes=1-2-3', 'bytes=a-b'],
  ],
  'if-range': ['"x"', 'W/"x"', 'Sat, 29 Oct 1994 19:43:31 GMT', '', '*'],
  'if-none-match': ['*', '"x"', 'W/', '""', ',,,', '"'.repeat(500)],
  'if-match': ['*', '"x"', '"'],
  'if-modified-since': ['Sat, 29 Oct 2094 19:43:31 GMT', 'never', '-1'],
  'accept-encoding': [
    'br',
    'gzip;q=0',
    '*;q=0.000',
    'identity;q=0',
    ';;;q=',
    'br;q=1;q=0',
    `${'a,'.repeat(2000)}gzip`,
  ],
  cookie: ['a=b', '=', ';;;', 'next-auth.session-token=eyJ', `x=${'y'.repeat(4000)}`, 'peekr-access=..%00'],
  authorization: ['Bearer', 'Bearer pk_x', 'Basic Og==', 'Bearer '.repeat(100), 'bearer \xff'],
  'x-forwarded-for': ['127.0.0.1', '::1, 1.2.3.4', 'unknown', ','.repeat(300)],
  'x-forwarded-host': ['evil.example', '', '[', 'a b'],
  'x-forwarded-proto': ['https', 'javascript', ''],
  'x-peekr-hops': ['9', '-1', 'NaN'],
  'x-peekr-client': ['127.0.0.1', '\xff'],
  'x-request-id': ['0123456789', '../../x', 'x'.repeat(3000)],
  'x-middleware-subrequest': ['proxy:proxy:proxy:proxy:proxy', 'src/middleware'],
  'x-original-url': ['/etc/passwd'],
  rsc: ['1'],
  'next-action': ['7f0000000000000000000000000000000000000000'],
  'next-router-prefetch': ['1'],
  expect: ['100-continue', '200-ok'],
  upgrade: ['websocket', 'h2c'],
  origin: ['null', 'https://evil.example', '\xff'],
  'content-type': ['text/plain', 'multipart/form-data'],
  'x-huge': ['y'.repeat(20_000)],
}

/** One request as text: a real address under /stream bent a few times, with headers nobody should send. */
export function buildRandomStreamRequest(random: () => number, bases: readonly string[]): string {
  const below = (count: number) => Math.floor(random() * count)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  let target = buildTarget(pick, below, bases)
  for (let bends = below(3); bends > 0; bends--) {
    const at = below(target.length)
    const bend = pick([
      () => target.slice(0, at) + pick(ODD) + target.slice(at),
      () => target.slice(0, at) + pick(DOTS) + target.slice(at),
      () => target.slice(0, at) + target.slice(at + 1 + below(4)),
      () => target.slice(0, at) + escapeSign(target[at] ?? '/') + target.slice(at + 1),
      () => target.slice(0, at) + String.fromCharCode(33 + below(222)) + target.slice(at + 1),
      () => target + '/a'.repeat(below(300)),
    ])
    target = bend()
  }
  const lines = [`${pick(METHODS)} ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close']
  for (let count = below(4); count > 0; count--) {
    const name = pick(Object.keys(HEADERS))
    lines.push(`${name}: ${pick(HEADERS[name] ?? [''])}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

function buildTarget(
  pick: <T>(list: readonly T[]) => T,
  below: (count: number) => number,
  bases: readonly string[],
): string {
  const base = pick(bases)
  const build = pick([
    () => `${base}/${pick(FILES)}`,
    () => `${base}/${pick(FILES)}`,
    () => `${base}/240p/${pick(DOTS).repeat(1 + below(4))}${pick(TARGETS)}`,
    () => `${base}/${pick(TARGETS)}`,
    () => base.split('/').slice(0, below(6)).join('/') + pick(TARGETS),
    () => `/stream/${pick(DOTS).repeat(below(6))}${pick(TARGETS)}`,
    () => `/stream/t/${'A'.repeat(below(200))}/${base.split('/').slice(-2).join('/')}/${pick(FILES)}`,
    () => `http://evil.example${base}/${pick(FILES)}`,
  ])
  return build()
}

function escapeSign(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`
}
