import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { probeSource } from '#lib/media/probe-source'
import { capLadder } from '#lib/transcode/cap-ladder'
import { measureContent } from '#lib/transcode/measure-content'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { planLadder } from '#lib/transcode/plan-ladder'
import { TOOLS } from '../../support/judge-source.ts'
import { runFfmpeg } from '../../support/make-clip.ts'

const ENCODER = { name: 'libx264', sentence: '' } as const

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-content-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function measure(name: string, source: string) {
  const sourcePath = join(folder, `${name}.mkv`)
  await runFfmpeg(['-f', 'lavfi', '-i', source, '-c:v', 'mjpeg', '-q:v', '3', '-y', sourcePath])
  const outputPath = join(folder, name)
  await mkdir(outputPath)
  const probe = await probeSource(sourcePath, TOOLS)
  assert.ok(probe.video)
  const ladder = planLadder(probe.video)
  const content = await measureContent({ sourcePath, outputPath, probe, ladder, tools: TOOLS })
  const plan = planEncoding({ probe, segmentFormat: 'fmp4', encoder: ENCODER, content })
  return { content, ladder, rungs: plan.rungs }
}

test('a flat slide show gets lower caps than noisy footage, which keeps the usual ones', async (t) => {
  const picture = 'size=640x360:rate=25:duration=6.4'
  const slides = await measure(
    'slides',
    `color=0x203040:${picture},drawbox=x=0:y=0:w='180*floor(t/2)':h=40:t=fill`,
  )
  const noise = await measure('noise', `color=gray:${picture},noise=alls=60:allf=t`)
  for (const { content } of [slides, noise]) t.diagnostic(JSON.stringify(content))
  assert.deepEqual(
    noise.rungs.map(({ maxBitrateBps }) => maxBitrateBps),
    noise.ladder.map(({ maxBitrateBps }) => maxBitrateBps),
  )
  for (const [at, { maxBitrateBps, name }] of slides.rungs.entries()) {
    const usual = slides.ladder[at]?.maxBitrateBps ?? 0
    assert.ok(
      maxBitrateBps <= usual / 2 && maxBitrateBps >= usual / 4,
      `${name}: ${maxBitrateBps} of ${usual}`,
    )
  }
  const sizes = (rungs: typeof slides.rungs) => rungs.map(({ width, height }) => [width, height])
  assert.deepEqual(sizes(slides.rungs), sizes(slides.ladder), 'content never changes the sizes')
})

test('what cannot be measured leaves the usual caps, whatever the file is', async () => {
  const { rungs, ladder } = await measure('good', 'testsrc2=size=320x240:rate=25:duration=2')
  assert.equal(rungs.length, ladder.length)
  const outputPath = join(folder, 'gone')
  await mkdir(outputPath)
  const probe = await probeSource(join(folder, 'good.mkv'), TOOLS)
  const sourcePath = join(folder, 'not-there.mkv')
  assert.equal(await measureContent({ sourcePath, outputPath, probe, ladder, tools: TOOLS }), null)
  assert.deepEqual(capLadder(ladder, null), ladder)
})
