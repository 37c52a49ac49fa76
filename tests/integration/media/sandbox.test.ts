import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { probeSource } from '#lib/media/probe-source'
import { runFfmpeg } from '#lib/media/run-ffmpeg'
import { findProcesses, TOOLS } from '../../support/judge-source.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-sandbox-'))
  await mkdir(join(folder, 'output'))
  await writeFile(join(folder, 'input'), 'the input')
  await writeFile(join(folder, 'other'), 'a secret')
})
after(() => rm(folder, { recursive: true, force: true }))

/** Runs a shell script where FFmpeg would run, and returns what it wrote into the output folder. */
async function runStandIn(script: string, background = false): Promise<string> {
  const ffmpegPath = join(folder, 'stand-in')
  await writeFile(ffmpegPath, `#!/bin/sh\n${script}\n`)
  await chmod(ffmpegPath, 0o755)
  await runFfmpeg({
    tools: { ...TOOLS, ffmpegPath },
    inputPath: join(folder, 'input'),
    outputPath: join(folder, 'output'),
    buildArguments: () => [],
    pixels: 0,
    background,
    deadlineMs: 20_000,
  })
  return readFile(join(folder, 'output', 'seen'), 'utf8')
}

test('a confined program sees its input, its output and nothing else of this machine', async () => {
  process.env.PEEKR_TEST_SECRET = 'in the environment'
  const seen = await runStandIn(`{
    echo "user $(id -u)"
    echo "input $(cat /input/source)"
    echo "root $(ls / | tr '\\n' ' ')"
    echo "home $(ls /home /root /work /var 2>/dev/null | wc -l)"
    echo "other $(cat ${join(folder, 'other')} 2>/dev/null)"
    echo "env $(env | grep -v '^PWD=\\|^_=\\|^SHLVL=\\|^OLDPWD=' | tr '\\n' ' ')"
    echo "net $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n')"
    echo "caps $(grep CapEff /proc/self/status | tr -d '\\t')"
    echo "processes $(ls /proc | grep -c '^[0-9]')"
    echo "host $(cat /proc/sys/kernel/hostname)"
    (echo x > /input/source) 2>/dev/null && echo "input was written"
    (echo x > /usr/x) 2>/dev/null && echo "usr was written"
    echo end
  } > /output/seen 2>&1`)
  delete process.env.PEEKR_TEST_SECRET
  assert.match(seen, /^user 65534$/m)
  assert.match(seen, /^input the input$/m)
  assert.match(seen, /^root (?:(?:bin|dev|etc|input|lib|lib64|output|proc|tmp|usr) )+$/m)
  assert.match(seen, /^home 0$/m)
  assert.match(seen, /^other $/m)
  assert.match(seen, /^env $/m)
  assert.match(seen, /^net lo$/m)
  assert.match(seen, /^caps CapEff:0+$/m)
  assert.match(seen, /^host sandbox$/m)
  assert.doesNotMatch(seen, /written/)
  assert.ok(Number(/^processes (\d+)$/m.exec(seen)?.[1]) < 10)
  assert.match(seen, /^end$/m)
  assert.equal(await readFile(join(folder, 'input'), 'utf8'), 'the input')
})

test('memory, file size and core dumps are limited', async () => {
  const seen = await runStandIn('{ ulimit -v; ulimit -f; ulimit -c; ulimit -p; } > /output/seen 2>&1')
  const [memory, fileSize, core, processes] = seen.trim().split('\n')
  assert.ok(Number(memory) > 1_000_000 && Number(memory) < 64_000_000)
  assert.equal(Number(fileSize), (2 * 1024 ** 3) / 512)
  assert.equal(core, '0')
  assert.equal(processes, '4096')
})

test('what runs in the background steps back for all others, also where the kernel shares out processors by session', async () => {
  const script = '{ sleep 0.3; nice; cat /proc/self/autogroup 2>/dev/null || echo none; } > /output/seen 2>&1'
  assert.match(await runStandIn(script, true), /^5\n(?:\/autogroup-\d+ nice 5|none)\n$/)
  assert.match(await runStandIn(script), /^0\n(?:\/autogroup-\d+ nice 0|none)\n$/)
})

test('a program that ignores SIGTERM, with a child of its own, is gone within two seconds of an abort', async () => {
  for (const sandbox of ['bwrap', 'off'] as const) {
    const ffmpegPath = join(folder, 'stubborn')
    await writeFile(ffmpegPath, '#!/bin/sh\ntrap "" TERM\nsleep 300 &\nwait\nsleep 300\n')
    await chmod(ffmpegPath, 0o755)
    const stop = new AbortController()
    const running = runFfmpeg({
      tools: { ...TOOLS, ffmpegPath, sandbox },
      inputPath: join(folder, 'input'),
      outputPath: join(folder, 'output'),
      buildArguments: () => [],
      pixels: 0,
      deadlineMs: 60_000,
      signal: stop.signal,
    })
    setTimeout(() => stop.abort(), 300)
    const result = await running
    assert.equal(result.reason, 'cancelled')
    assert.ok(result.elapsedMs < 2500, `${sandbox}: ${result.elapsedMs} ms`)
    assert.deepEqual(await findProcesses(folder), [])
  }
})

test('a program that somebody else ends was killed, whatever it had said of its input by then', async () => {
  for (const sandbox of ['bwrap', 'off'] as const) {
    for (const signal of ['KILL', 'TERM']) {
      const ffmpegPath = join(folder, 'ended')
      const words = '[error] Invalid data found when processing input'
      await writeFile(ffmpegPath, `#!/bin/sh\necho "${words}" >&2\nkill -${signal} $$\n`)
      await chmod(ffmpegPath, 0o755)
      const tools = { ...TOOLS, ffmpegPath, ffprobePath: ffmpegPath, sandbox }
      const { reason } = await runFfmpeg({
        tools,
        inputPath: null,
        outputPath: null,
        buildArguments: () => [],
        pixels: 0,
        deadlineMs: 60_000,
      })
      assert.equal(reason, 'killed', `${sandbox} ${signal}`)
      // Another attempt may well read it, and its bytes are not given up.
      await assert.rejects(probeSource(join(folder, 'input'), tools), { code: 'encode_failed' })
    }
  }
})

test('a program that makes no progress is ended by the watchdog', async () => {
  const ffmpegPath = join(folder, 'idle')
  await writeFile(ffmpegPath, '#!/bin/sh\nwhile true; do echo frame=1; sleep 0.1; done\n')
  await chmod(ffmpegPath, 0o755)
  const result = await runFfmpeg({
    tools: { ...TOOLS, ffmpegPath },
    inputPath: null,
    outputPath: null,
    buildArguments: () => [],
    pixels: 0,
    deadlineMs: 60_000,
    stallMs: 500,
  })
  assert.equal(result.reason, 'stalled')
  assert.deepEqual(await findProcesses(folder), [])
})

test('a program that cannot be started is a finding, not an exception', async () => {
  const result = await runFfmpeg({
    tools: { ...TOOLS, ffmpegPath: '/usr/bin/no-such-ffmpeg' },
    inputPath: null,
    outputPath: null,
    buildArguments: () => [],
    pixels: 0,
    deadlineMs: 5000,
  })
  assert.equal(result.reason, 'sandbox_failed')
  assert.equal((await readdir(join(folder, 'output'))).includes('x'), false)
})
