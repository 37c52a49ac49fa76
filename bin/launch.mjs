/**
 * The launcher: installs what is missing, builds what is stale, then hands over to the command itself.
 * Plain JavaScript for Node 18 and without dependencies, because nothing else is there when it first runs.
 */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuild } from './launch/ensure-build.mjs'
import { ensureNode } from './launch/ensure-node.mjs'
import { ensurePackages } from './launch/ensure-packages.mjs'
import { ensurePrograms } from './launch/ensure-programs.mjs'
import { LaunchError } from './launch/launch-error.mjs'
import { planLaunch } from './launch/plan-launch.mjs'
import { runProgram } from './launch/run-program.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** @param {string[]} argv */
async function launch(argv) {
  const plan = planLaunch(argv)
  await ensurePrograms(plan.programs)
  await ensurePackages(root)
  const node = await ensureNode(root)
  if (plan.build) await ensureBuild(root, node)
  if (!plan.run) return
  const { code, signal } = await runProgram({ root, node, args: plan.run })
  if (signal) process.kill(process.pid, signal)
  process.exitCode = code ?? 1
}

launch(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof LaunchError)) throw error
  if (error.message) console.error(`\n${error.message}`)
  process.exitCode = error.exitCode
})
