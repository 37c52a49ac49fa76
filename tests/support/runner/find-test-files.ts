import { existsSync, globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const GROUPS = ['unit', 'integration', 'e2e', 'faults'] as const
export type TestGroup = (typeof GROUPS)[number]

/**
 * The test files by group, in the order they run: what fails fastest comes first.
 * @param options.patterns keeps paths that contain one of them; none keeps all
 * @param options.onlyDatabase keeps the integration tests that store something
 */
export async function findTestFiles(
  root: string,
  options: { patterns: string[]; onlyDatabase: boolean },
): Promise<[TestGroup, string[]][]> {
  const groups: [TestGroup, string[]][] = []
  for (const group of GROUPS) {
    if (options.onlyDatabase && group !== 'integration') continue
    const folder = join(root, 'tests', group)
    if (!existsSync(folder)) continue
    const paths = globSync('**/*.test.ts', { cwd: folder }).map((path) => join('tests', group, path))
    const matching = paths.sort().filter((path) => matches(path, options.patterns))
    const files: string[] = []
    for (const path of matching) {
      if (!options.onlyDatabase || (await usesDatabase(join(root, path)))) files.push(join(root, path))
    }
    groups.push([group, files])
  }
  return groups
}

function matches(path: string, patterns: string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => path.includes(pattern.replace(/^\.\//, '')))
}

// What a source becomes is the same whichever database its jobs are in.
const MEDIA = /\/integration\/(?:media|copy)\/|\/pipeline\/(?:bad-input|copy|kinds|nvenc)\.test\.ts$/

// A twin has the embedded database in it; another server's owner backs that up.
const BACKUP = /\/integration\/backup\//

// What reaches a database does so through connect.ts or a model, one of our test supports, or a whole server. The
// embedded database's own tests would only test it a second time.
async function usesDatabase(file: string): Promise<boolean> {
  if (file.includes('/embedded/') || MEDIA.test(file) || BACKUP.test(file)) return false
  const source = await readFile(file, 'utf8')
  return /#lib\/db\/|#lib\/services|support\/(?!media|leaks|btrfs|make-clip)/.test(source)
}
