import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  buildAptCommands,
  buildInstallAdvice,
  findMissingPackages,
} from '../../../bin/launch/debian-packages.mjs'
import { hashSources } from '../../../bin/launch/ensure-build.mjs'
import { isRecentNode } from '../../../bin/launch/ensure-node.mjs'
import { isInstalled } from '../../../bin/launch/ensure-packages.mjs'
import { planLaunch } from '../../../bin/launch/plan-launch.mjs'
import { createSignalRelay } from '../../../bin/launch/signal-relay.mjs'

const wanted = {
  packages: {
    '': {},
    'node_modules/next': { version: '16.4.6' },
    'node_modules/other-system': { version: '1.0.0', optional: true },
  },
}

test('packages that a person installed with npm ci are not installed again', () => {
  assert.equal(isInstalled(wanted, { packages: { 'node_modules/next': { version: '16.4.6' } } }), true)
})

test('a changed lockfile, a package too many, or an interrupted install is installed again', () => {
  assert.equal(isInstalled(wanted, { packages: { 'node_modules/next': { version: '16.4.5' } } }), false)
  assert.equal(isInstalled(wanted, { packages: {} }), false)
  assert.equal(isInstalled(wanted, null), false)
  const extra = { 'node_modules/next': { version: '16.4.6' }, 'node_modules/gone': { version: '1.0.0' } }
  assert.equal(isInstalled(wanted, { packages: extra }), false)
})

test('only what a command needs is asked for', () => {
  const nothingThere = () => false
  assert.deepEqual(findMissingPackages('none', nothingThere), [])
  assert.deepEqual(findMissingPackages('serve', nothingThere), ['ffmpeg', 'btrfs-progs', 'bubblewrap'])
  assert.ok(findMissingPackages('test', nothingThere).includes('chromium'))
  assert.deepEqual(
    findMissingPackages('serve', (path) => path !== '/usr/bin/bwrap'),
    ['bubblewrap'],
  )
})

test('apt-get is called without questions and without recommended packages', () => {
  const { update, install } = buildAptCommands(['ffmpeg'], { sudo: true })
  const start = [
    'sudo',
    '-n',
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  assert.deepEqual(update, [...start, 'update'])
  assert.deepEqual(install, [...start, 'install', '-y', '--no-install-recommends', 'ffmpeg'])
  assert.equal(buildAptCommands(['ffmpeg']).update[0], 'env')
})

test('who may not install gets the exact command; who has no apt-get gets the names', () => {
  const command = 'sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg bubblewrap'
  assert.ok(buildInstallAdvice(['ffmpeg', 'bubblewrap'], { debian: true }).includes(command))
  const names = buildInstallAdvice(['ffmpeg', 'bubblewrap'], { debian: false })
  assert.match(names, /ffmpeg, bubblewrap/)
  assert.doesNotMatch(names, /apt-get/)
})

test('only start and what runs the product waits for a build', () => {
  assert.deepEqual(planLaunch([]), { programs: 'serve', build: true, run: ['bin/main.ts', 'start'] })
  assert.deepEqual(planLaunch(['dev']).run, ['bin/main.ts', 'start', '--dev'])
  assert.equal(planLaunch(['start', '--dev']).build, false)
  assert.deepEqual(planLaunch(['user', 'create', '--email', 'a@b.c']), {
    programs: 'none',
    build: false,
    run: ['bin/main.ts', 'user', 'create', '--email', 'a@b.c'],
  })
  assert.deepEqual(planLaunch(['test', 'unit']).run, ['tests/run.ts', 'unit'])
  assert.equal(planLaunch(['start', '--help']).programs, 'none')
})

test('one Ctrl-C is passed on once although npm repeats it, and a second Ctrl-C is passed on again', () => {
  const sent: string[] = []
  let nowMs = 0
  const relay = createSignalRelay({ send: (signal) => sent.push(signal), now: () => nowMs })
  relay('SIGINT')
  nowMs = 40
  relay('SIGINT')
  assert.deepEqual(sent, ['SIGINT'])
  nowMs = 3000
  relay('SIGINT')
  relay('SIGTERM')
  assert.deepEqual(sent, ['SIGINT', 'SIGINT', 'SIGTERM'])
})

test('Node 24 and newer run Peekr, older ones do not', () => {
  assert.deepEqual(['18.20.4', '20.20.2', '24.0.0', '26.1.0'].map(isRecentNode), [false, false, true, true])
})

test('a build is stale when a source changed its content, its name, or came or went', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'peekr-launch-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'app'))
  const hashes = [hashSources(root)]
  for (const [path, text] of [
    ['app/a.ts', '1'],
    ['app/a.ts', '2'],
    ['app/b.ts', '2'],
    ['tsconfig.json', '{}'],
  ] as const) {
    await writeFile(join(root, path), text)
    hashes.push(hashSources(root))
  }
  assert.equal(new Set(hashes).size, hashes.length)
  await writeFile(join(root, 'README.md'), 'not built')
  assert.equal(hashSources(root), hashes.at(-1))
})

test('what only some tests use is never among what must be there', () => {
  const nothingThere = () => false
  assert.ok(!findMissingPackages('test', nothingThere).includes('mpv'))
  const optional = ['openssh-server', 'mpv', 'vlc-bin', 'vlc-plugin-base']
  assert.deepEqual(findMissingPackages('test', nothingThere, { optional: true }), optional)
  assert.deepEqual(findMissingPackages('serve', nothingThere, { optional: true }), [])
})
