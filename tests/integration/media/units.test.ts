import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkExact } from '../../support/check-exact.ts'
import { judgeSource } from '../../support/judge-source.ts'
import { makeSource, SOURCE_KINDS } from '../../support/source-kinds.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-units-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** The whole of it is `PEEKR_TEST_ALL=1 node tests/run.ts tests/integration/media/units`; here, a share of each format. */
const SHARE = new Set([
  '29.97 with b-frames ts',
  'open gop fmp4',
  'variable with long pauses ts',
  'late start fmp4',
  'transport stream ts',
  'avi without its index fmp4',
])

for (const kind of SOURCE_KINDS) {
  for (const segmentFormat of ['fmp4', 'ts'] as const) {
    const name = `${kind.name} ${segmentFormat}`
    if (!SHARE.has(name) && process.env.PEEKR_TEST_ALL !== '1') continue
    test(`${name}: every frame is there once and at its time`, async (t) => {
      const path = await makeSource(kind, folder)
      const outputPath = join(folder, name.replaceAll(/[^a-z0-9]+/g, '-'))
      const judged = await judgeSource(path, { outputPath, segmentFormat })
      const { frames, units } = await checkExact(path, judged)
      t.diagnostic(
        `${frames} frames in ${units} units, ${judged.plan.seek ? 'sought' : 'decoded from the beginning'}`,
      )
      if (kind.seek) assert.ok(units >= 2)
    })
  }
}
