import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const root = resolve(import.meta.dirname, '../..')
const needsRoot = process.getuid?.() === 0 ? false : 'hiding a program from the launcher needs root'
// The machine's own Node, whatever its age: it is the one the launcher first runs on.
const node = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const missing = 'sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg\n'

test('without root the exact command is printed and the start stops with status 1', {
  skip: needsRoot,
}, async (t) => {
  const checkout = await makeCheckout(t)
  const ended = await runHidingFfmpeg([...asNobody, node, join(checkout, 'bin/launch.mjs'), 'start'])
  assert.ok(ended.output.includes(missing), ended.output)
  assert.equal(ended.code, 1)
  assert.equal(existsSync(join(checkout, 'node_modules')), false)
})

test('as root the list is updated, then exactly what is missing is installed', {
  skip: needsRoot,
}, async (t) => {
  const checkout = await makeCheckout(t)
  const log = join(checkout, 'apt.log')
  const aptGet = join(checkout, 'apt-get')
  // Stands for apt-get at the process boundary: what it installs appears.
  const script = `#!/bin/sh\necho "$@" >> ${log}\ncase "$*" in *install*) umount /usr/bin/ffmpeg;; esac\n`
  await writeFile(aptGet, script, { mode: 0o755 })
  const source = `import(${JSON.stringify(join(checkout, 'bin/launch/ensure-programs.mjs'))}).then((m) => m.ensurePrograms('serve'))`
  const ended = await runHidingFfmpeg([node, '-e', source], aptGet)
  assert.equal(ended.code, 0, ended.output)
  const wait = '-o DPkg::Lock::Timeout=120'
  assert.equal(
    await readFile(log, 'utf8'),
    `${wait} update\n${wait} install -y --no-install-recommends ffmpeg\n`,
  )
})

test('when apt-get fails, its words and what to do next are shown', { skip: needsRoot }, async (t) => {
  const checkout = await makeCheckout(t)
  const aptGet = join(checkout, 'apt-get')
  await writeFile(aptGet, '#!/bin/sh\necho "E: no such mirror" >&2\nexit 100\n', { mode: 0o755 })
  const ended = await runHidingFfmpeg([node, join(checkout, 'bin/launch.mjs'), 'start'], aptGet)
  assert.match(ended.output, /E: no such mirror/)
  assert.match(ended.output, /Run this command yourself to see why/)
  assert.equal(ended.code, 1)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} reaches Peekr once, its exit status comes back, and nothing is left`, async (t) => {
    const { launcher, program, lines } = await launchProgram(t)
    launcher.kill(signal)
    launcher.kill(signal) // as npm does
    assert.deepEqual(await once(launcher, 'exit'), [7, null])
    assert.deepEqual(lines.slice(1), [signal])
    assert.equal(isAlive(program), false)
  })
}

test('when the launcher itself is killed, Peekr stops', async (t) => {
  const { launcher, program } = await launchProgram(t)
  launcher.kill('SIGKILL')
  for (let waitedMs = 0; isAlive(program) && waitedMs < 5000; waitedMs += 50) await sleep(50)
  assert.equal(isAlive(program), false)
})

test('what a killed Peekr started does not survive it', async (t) => {
  const { launcher, program, lines } = await launchProgram(t, { withChild: true })
  const child = Number(lines[0]?.split(' ')[1])
  assert.equal(isAlive(child), true)
  process.kill(program, 'SIGKILL')
  assert.deepEqual(await once(launcher, 'exit'), [null, 'SIGKILL'])
  assert.equal(isAlive(child), false)
})

test('bin/peekr works through symbolic links, from any folder', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-launch-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await symlink(join(root, 'bin/peekr'), join(folder, 'first'))
  await symlink('first', join(folder, 'second'))
  const ended = await run(join(folder, 'second'), ['help'], { cwd: '/' })
  assert.equal(ended.code, 0, ended.output)
  assert.match(ended.output, /A self-hosted video platform/)
})

interface Ended {
  code: number | string | null
  output: string
}

function run(command: string, args: string[], options: { cwd?: string } = {}): Promise<Ended> {
  return new Promise((done) => {
    execFile(command, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      done({ code: error ? (error.code ?? null) : 0, output: stdout + stderr })
    })
  })
}

/**
 * Runs a command where FFmpeg cannot be executed, and where apt-get is another program when one is given. That holds
 * in a mount namespace of the command's own, so the machine stays as it is and nothing is left mounted.
 */
function runHidingFfmpeg(argv: string[], aptGet?: string): Promise<Ended> {
  const script = 'mount --bind /dev/null /usr/bin/ffmpeg && mount --bind "$0" /usr/bin/apt-get && exec "$@"'
  return run('unshare', ['--mount', 'sh', '-c', script, aptGet ?? '/usr/bin/apt-get', ...argv])
}

/** A checkout with nothing in it but the launcher, which anybody may read. */
async function makeCheckout(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-launch-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
  return folder
}

/** Launches a small program in Peekr's place that prints its pid, then the signals it gets, and exits with 7. */
async function launchProgram(t: TestContext, options: { withChild?: boolean } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-launch-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'program.mjs'), PROGRAM)
  const args = options.withChild ? ['program.mjs', 'with-child'] : ['program.mjs']
  const source = `import(${JSON.stringify(join(root, 'bin/launch/run-program.mjs'))})
    .then((m) => m.runProgram(${JSON.stringify({ root: folder, node: process.execPath, args })}))
    .then(({ code, signal }) => (signal ? process.kill(process.pid, signal) : process.exit(code)))`
  const launcher = spawn(node, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')))
  while (lines.length === 0) await once(launcher.stdout, 'data')
  return { launcher, program: Number(lines[0]?.split(' ')[0]), lines }
}

const PROGRAM = `
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
const child = process.argv[2] && spawn('sleep', ['60'], { stdio: 'ignore' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    writeSync(1, signal + '\\n')
    setTimeout(() => process.exit(7), 200)
  })
}
process.on('disconnect', () => process.exit(0))
writeSync(1, process.pid + ' ' + (child?.pid ?? '') + '\\n')
`

/** A zombie whose parent has not looked yet counts as over. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`)
}
