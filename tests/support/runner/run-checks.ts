import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { formatFileResult } from './format-results.ts'
import type { FileResult } from './run-test-file.ts'

const CHECKS = [
  { name: 'format and lint', script: 'node_modules/@biomejs/biome/bin/biome', args: ['check', '.'] },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['--noEmit'] },
  { name: 'production build', script: 'bin/launch.mjs', args: ['build'] },
]

/** Runs what needs no test file: the formatter and linter, the type checker, and the build unless it is fresh. */
export async function runChecks(root: string, signal: AbortSignal): Promise<FileResult[]> {
  const results: FileResult[] = []
  for (const { name, script, args } of CHECKS) {
    if (signal.aborted) break
    const startedAtMs = Date.now()
    const { ok, output } = await runScript(root, [join(root, script), ...args], signal)
    results.push({
      name,
      durationMs: Date.now() - startedAtMs,
      passed: ok ? [name] : [],
      failed: ok ? [] : [{ title: name, reason: output }],
      skipped: [],
      output: '',
    })
    console.log(formatFileResult(results.at(-1) as FileResult))
  }
  return results
}

function runScript(
  cwd: string,
  argv: string[],
  signal: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(process.execPath, argv, { cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}` }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}
