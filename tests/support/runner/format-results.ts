import type { FileResult } from './run-test-file.ts'

const OUTPUT_LINES = 60

/** One file's tests as they ended, with the reasons of failures. Pure. */
export function formatFileResult({ name, durationMs, passed, failed, skipped, output }: FileResult): string {
  const lines = [`${failed.length > 0 ? '✖' : '✔'} ${name} (${(durationMs / 1000).toFixed(1)} s)`]
  for (const title of passed) if (title !== name) lines.push(`    ✔ ${title}`)
  for (const { title, reason } of skipped) lines.push(`    – ${title} (skipped: ${reason})`)
  for (const { title, reason } of failed) lines.push(`    ✖ ${title}`, indent(reason))
  if (failed.length > 0 && output.trim()) {
    lines.push('    output:', indent(output.trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n')))
  }
  return lines.join('\n')
}

/**
 * The closing lines: skipped tests with their reasons, failures once more, and the totals on the very last line.
 * A run of nothing is not a success. Pure.
 */
export function formatSummary(
  results: FileResult[],
  interrupted: string | null,
): { text: string; ok: boolean } {
  const passed = results.reduce((sum, result) => sum + result.passed.length, 0)
  const failed = results.flatMap((result) =>
    result.failed.map((failure) => ({ ...failure, name: result.name })),
  )
  const skipped = results.flatMap((result) => result.skipped)
  const lines = ['']
  if (skipped.length > 0) {
    lines.push('Skipped:', ...skipped.map(({ title, reason }) => `  – ${title}: ${reason}`))
  }
  if (failed.length > 0) {
    lines.push('Failed:')
    for (const { name, title, reason } of failed) lines.push(`  ✖ ${name}: ${title}`, indent(reason))
  }
  if (interrupted) lines.push(`The run was ${interrupted}; the rest did not run.`)
  if (passed + failed.length === 0) lines.push('No test ran.')
  lines.push(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`)
  return { text: lines.join('\n'), ok: failed.length === 0 && passed > 0 && !interrupted }
}

function indent(text: string): string {
  return text.replace(/^/gm, '        ')
}
