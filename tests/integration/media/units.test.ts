import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EncodePlan } from '#lib/domain/encode-plan'
import { SEGMENT_FORMATS } from '#lib/domain/rendition'
import { checkExact } from '../../support/check-exact.ts'
import { judgeSource } from '../../support/judge-source.ts'
import { makeSource, SOURCE_KINDS, type SourceKind } from '../../support/source-kinds.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-units-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Unit borders at 2 and 6 s, as in a film; a source this short would be made in two. */
const cut = (plan: EncodePlan, kind: SourceKind): EncodePlan => {
  const [, second = 0, third = 0] = plan.boundaries
  const first = { index: 0, startSeconds: 0, endSeconds: second, firstSegment: 0 }
  const middle = { index: 1, startSeconds: second, endSeconds: third, firstSegment: 1 }
  const last = { index: 2, startSeconds: third, endSeconds: null, firstSegment: 2 }
  return kind.seek ? { ...plan, seek: true, units: [first, middle, last] } : plan
}

/** All of them are `PEEKR_TEST_ALL=1 node tests/run.ts tests/integration/media/units`; here, twelve in each format. */
for (const kind of SOURCE_KINDS) {
  if (kind.rare && process.env.PEEKR_TEST_ALL !== '1') continue
  describe(kind.name, { concurrency: true }, () => {
    let path = ''
    before(async () => {
      path = await makeSource(kind, folder)
    })
    for (const segmentFormat of SEGMENT_FORMATS) {
      test(`${kind.name} ${segmentFormat}: every frame is there once and at its time`, async (t) => {
        const outputPath = join(folder, `${kind.file}-${segmentFormat}`)
        const adjust = (plan: EncodePlan) => cut(plan, kind)
        const judged = await judgeSource(path, { outputPath, segmentFormat, adjust })
        const { frames, units } = await checkExact(path, judged)
        t.diagnostic(
          `${frames} frames in ${units} units, ${judged.plan.seek ? 'sought' : 'decoded from the beginning'}`,
        )
        if (kind.seek) assert.ok(units >= 2)
      })
    }
  })
}
