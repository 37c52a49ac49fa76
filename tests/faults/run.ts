import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { stopWithLauncher } from '../../bin/stop-with-launcher.ts'
import { badCopies } from './bad-copies.ts'
import { cutPower } from './cut-power.ts'
import type { FaultCase } from './fault-case.ts'
import { fillEveryStage } from './fill-every-stage.ts'
import { finishManyTimes } from './finish-many-times.ts'
import { fuzzStream } from './fuzz-stream.ts'
import { interruptUploads } from './interrupt-uploads.ts'
import { killDuringEncode } from './kill-during-encode.ts'
import { killDuringReplace } from './kill-during-replace.ts'
import { killDuringRestore } from './kill-during-restore.ts'
import { killDuringUpload } from './kill-during-upload.ts'
import { killDuringWrites } from './kill-during-writes.ts'
import { manyReaders } from './many-readers.ts'
import { randomCommands } from './random-commands.ts'

/** Every fault Peekr is put through; a new one is a file beside this one, and a line here. */
const CASES: FaultCase[] = [
  killDuringUpload,
  killDuringEncode,
  interruptUploads,
  finishManyTimes,
  fillEveryStage,
  killDuringWrites,
  killDuringReplace,
  killDuringRestore,
  cutPower,
  badCopies,
  randomCommands,
  fuzzStream,
  manyReaders,
]

/**
 * `npm run faults [-- --seed N --kills N --seconds N]` prints each promise with its figures, and one line of totals at the end.
 * The same seed makes the same faults.
 */
stopWithLauncher()
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '600' },
  },
})
const seed = Number(values.seed ?? randomInt(1_000_000))
const kills = Number(values.kills)
const seconds = Number(values.seconds)
if (![seed, kills, seconds].every(Number.isInteger) || kills < 1 || seconds < 1) {
  console.error('Give whole numbers: npm run faults -- --seed 7 --kills 10 --seconds 600')
  process.exit(1)
}
console.log(
  `Seed ${seed}; repeat this run with: npm run faults -- --seed ${seed} --kills ${kills} --seconds ${seconds}`,
)
let broken = 0
for (const { promise, run } of CASES) {
  console.log(`\n${promise}`)
  const { figures, violations } = await run({
    seed,
    kills,
    seconds,
    onProgress: (line) => console.log(`  ${line}`),
  })
  for (const [name, value] of Object.entries(figures)) console.log(`  ${name}: ${value}`)
  for (const violation of violations) console.log(`  BROKEN: ${violation}`)
  if (violations.length > 0) broken++
}
console.log(`\n${CASES.length - broken} passed, ${broken} failed, 0 skipped`)
process.exitCode = broken > 0 ? 1 : 0
