import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { findUnlocked, type Lockfile } from '../support/complete-lockfile.ts'

const root = resolve(import.meta.dirname, '../..')

interface Source {
  path: string
  text: string
  /** Without comments, in which anything may be mentioned. */
  code: string
  imports: string[]
}

/** From the top down; an import may stay on its level or go down. */
const LEVELS = [
  ['bin', 'app', 'tests'],
  ['lib/server', 'lib/services'],
  ['lib/pipeline', 'lib/openapi'],
  [
    'lib/upload',
    'lib/ingest',
    'lib/transcode',
    'lib/publish',
    'lib/stream',
    'lib/catalog',
    'lib/admin',
    'workers',
  ],
  ['lib/jobs', 'lib/auth', 'lib/http'],
  ['lib/db', 'lib/storage'],
  ['lib/media', 'lib/hls', 'lib/mp4'],
  ['lib/domain'],
  ['lib/config', 'lib/errors', 'lib/error-codes', 'lib/log', 'lib/singleton'],
]
const STAGES = ['lib/upload', 'lib/ingest', 'lib/transcode', 'lib/publish', 'lib/stream']

/** Arrows that point up and are right, each with its reason. */
const EXCEPTIONS = new Map([
  ['lib/config.ts → lib/domain/rendition', 'the closed list of segment formats is a word of the domain'],
])

const sources = listSources()

describe('the architecture', () => {
  test('imports point down', () => {
    const wrong = sources.flatMap((source) => findUpwardImports(source))
    assert.deepEqual(wrong, [])
  })

  test('stages never import one another', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const stage = STAGES.find((name) => path.startsWith(`${name}/`))
      const others = STAGES.filter((name) => stage && name !== stage)
      return imports
        .filter((name) => others.some((other) => name.startsWith(`${other}/`)))
        .map((name) => `${path} → ${name}`)
    })
    assert.deepEqual(wrong, [])
  })

  // A type is erased before anything runs: the map of tasks in lib/jobs is the contract both sides are checked against.
  test('workers take a message and return data: no database, no jobs, no Next', () => {
    assert.deepEqual(
      findImports(
        'workers/',
        /^(?!lib\/jobs\/tasks$)lib\/(?:db|jobs|auth)\/|^(?:next|react|mongoose)(?:\/|$)/,
      ),
      [],
    )
  })

  test('pages and route handlers touch no database model, no file and no program', () => {
    assert.deepEqual(
      findImports('app/', /^lib\/db\/models|^mongoose$|^node:(?:fs|child_process)|^fs$|^child_process$/),
      [],
    )
  })

  test('client components take only types and pure functions from the domain', () => {
    const wrong = sources
      .filter(({ text }) => /^['"]use client['"]/m.test(text))
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => name.startsWith('lib/') && !name.startsWith('lib/domain/'))
          .map((name) => `${path} → ${name}`),
      )
    assert.deepEqual(wrong, [])
  })

  test('only lib/config.ts reads the environment', () => {
    // The launcher runs before anything else is there; NODE_ENV is no setting, but which build of Next this is.
    const allowed = (path: string) => /^(?:lib\/config\.ts|bin\/launch|tests\/)/.test(path)
    assert.deepEqual(findCode(/process\.env\b(?!\.NODE_ENV)/, allowed), [])
  })

  test('no shell is ever used', () => {
    assert.deepEqual(
      findCode(
        /shell:\s*true|\bexecSync\b|child_process['"].*\bexec\b[^F]|import \{[^}]*\bexec\b[^F}]*\} from 'node:child_process'/,
      ),
      [],
    )
  })

  test('default exports are only where Next asks for them', () => {
    assert.deepEqual(
      findCode(/export default\b|export \{[^}]*\bas default\b/, (path) =>
        /^(?:app\/|next\.config\.ts$)/.test(path),
      ),
      [],
    )
  })

  test('there is no barrel', () => {
    assert.deepEqual(findCode(/^export \* from/m), [])
  })
})

describe('what a fresh clone gets', () => {
  const lockfile: Lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

  test('package-lock.json names no host to fetch packages from', () => {
    const hosts = Object.entries(lockfile.packages).filter(([, entry]) => 'resolved' in entry)
    assert.deepEqual(
      hosts.map(([name]) => name),
      [],
    )
  })

  test('package-lock.json is complete (else run: node tests/support/complete-lockfile.ts)', () => {
    assert.deepEqual(findUnlocked(lockfile), [])
  })

  test('no committed file names a package registry', () => {
    // Put together here, so that this file does not name one either.
    const names = [
      ['registry', 'npmjs', 'org'],
      ['registry', 'yarnpkg', 'com'],
      ['deb', 'debian', 'org'],
      ['pypi', 'org'],
    ]
    const wrong = listFiles().filter((path) => {
      const text = readFileSync(join(root, path), 'latin1')
      return names.some((name) => text.includes(name.join('.')))
    })
    assert.deepEqual(wrong, [])
  })

  test('every setting is explained in .env.example, and nothing else is', () => {
    const config = readFileSync(join(root, 'lib/config.ts'), 'utf8')
    const schema = /const Environment = z\.object\(\{([\s\S]*?)\n\}\)/.exec(config)?.[1] ?? ''
    const known = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name)
    const example = readFileSync(join(root, '.env.example'), 'utf8')
    const listed = [...example.matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)
    assert.ok(known.length > 10)
    assert.deepEqual(listed.sort(), known.sort())
  })
})

/** What git tracks or would track. */
function listFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0')
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' }).split(
    '\0',
  )
  return names.filter((name) => name !== '' && !deleted.includes(name))
}

function listSources(): Source[] {
  const paths = listFiles().filter((path) =>
    /^(?:app|lib|workers|bin|tests)\/.*\.(?:ts|tsx|mjs)$|^[\w.]+\.ts$/.test(path),
  )
  return paths.map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
    return { path, text, code, imports: listImports(path, code) }
  })
}

/** What a file imports, our own files as paths from the root without their extension. */
function listImports(path: string, code: string): string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...found].map(([, name = '']) => {
    if (name.startsWith('#lib/')) return name.replace('#lib/', 'lib/')
    return name.startsWith('.') ? normalize(join(dirname(path), name)).replace(/\.(?:tsx?|mjs)$/, '') : name
  })
}

function findUpwardImports({ path, imports }: Source): string[] {
  const own = findLevel(path)
  if (own === -1) return []
  const wrong = imports.filter((name) => findLevel(name) !== -1 && findLevel(name) < own)
  return wrong.map((name) => `${path} → ${name}`).filter((arrow) => !EXCEPTIONS.has(arrow))
}

function findLevel(path: string): number {
  const name = path.replace(/\.(?:tsx?|mjs)$/, '')
  return LEVELS.findIndex((level) => level.some((part) => name === part || name.startsWith(`${part}/`)))
}

function findImports(folder: string, forbidden: RegExp): string[] {
  return sources
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => forbidden.test(name)).map((name) => `${path} → ${name}`),
    )
}

function findCode(forbidden: RegExp, isAllowed: (path: string) => boolean = () => false): string[] {
  return sources
    .filter(
      ({ path, code }) =>
        path !== 'tests/unit/architecture.test.ts' && !isAllowed(path) && forbidden.test(code),
    )
    .map(({ path }) => path)
}
