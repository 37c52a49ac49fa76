import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PeekrError } from '#lib/errors'

/**
 * The folder with Peekr's own package.json. Looked for upwards from the program, this file and the working
 * folder, because inside one of Next's bundles this file's own address leads into `.next`.
 * @throws config_invalid when none of them lies inside a checkout.
 */
export function findProjectRoot(starts: (string | undefined)[] = defaultStarts()): string {
  for (const start of starts) {
    for (let folder = start; folder; folder = parentOf(folder)) {
      if (isPeekr(folder)) return folder
    }
  }
  throw new PeekrError('config_invalid', {
    message: "Peekr's own folder was not found. Start it with `npm start` from the checkout.",
  })
}

function defaultStarts(): (string | undefined)[] {
  const program = process.argv[1]
  return [program && dirname(program), import.meta.dirname, process.cwd()]
}

function parentOf(folder: string): string | undefined {
  const parent = dirname(folder)
  return parent === folder ? undefined : parent
}

function isPeekr(folder: string): boolean {
  const path = join(/* turbopackIgnore: true */ folder, 'package.json')
  if (!existsSync(path)) return false
  const { name } = JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }
  return name === 'peekr'
}
