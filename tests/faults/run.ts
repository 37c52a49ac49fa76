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
import { killDuringReads } from './kill-during-reads.ts'
import { killDuringReplace } from './kill-during-replace.ts'
import { killDuringRestore } from './kill-during-restore.ts'
import { killDuringUpload } from './kill-during-upload.ts'
import { killDuringWrites } from './kill-during-writes.ts'
import { manyReaders } from './many-readers.ts'
import { randomCommands } from './random-commands.ts'

/** Every fault Peekr is put through; a new one is a file beside this one, and a line here. */
const CASES: Record<string, FaultCase> = {
  'kill-during-upload': killDuringUpload,
  'kill-during-encode': killDuringEncode,
  'interrupt-uploads': interruptUploads,
  'finish-many-times': finishManyTimes,
  'fill-every-stage': fillEveryStage,
  'kill-during-writes': killDuringWrites,
  'kill-during-reads': killDuringReads,
  'kill-during-replace': killDuringReplace,
  'kill-during-restore': killDuringRestore,
  'cut-power': cutPower,
  'bad-copies': badCopies,
  'random-commands': randomCommands,
  'fuzz-stream': fuzzStream,
  'many-readers': manyReaders,
}

/**
 * `npm run faults [-- [CASE…] --seed N --kills N --seconds N]` prints each promise with its figures, and one line of totals
 * at the end. Without a case, all of them. The same seed makes the same faults.
 */
stopWithLauncher()
const { values, positionals } = parseArgs({
  allowPositionals: true,
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
const unknown = positionals.filter((name) => !(name in CASES))
if (unknown.length > 0) {
  console.error(
    `There is no case ${unknown.join(', ')}. Give one or more of: ${Object.keys(CASES).join(', ')}`,
  )
  process.exit(1)
}
const chosen = Object.entries(CASES).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)
console.log(
  `Seed ${seed}; repeat this run with: npm run faults -- ${[...positionals, ''].join(' ')}--seed ${seed} --kills ${kills} --seconds ${seconds}`,
)
let broken = 0
for (const [, { promise, run }] of chosen) {
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
console.log(`\n${chosen.length - broken} passed, ${broken} failed, 0 skipped`)
process.exitCode = broken > 0 ? 1 : 0
