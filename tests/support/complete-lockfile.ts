import { readFileSync, writeFileSync } from 'node:fs'

interface LockedPackage {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}
export type Lockfile = { packages: Record<string, LockedPackage> }

/**
 * Adds the optional packages that a lockfile names but does not lock. Pure.
 *
 * npm leaves one out when the registry at hand does not carry it, which is common for other systems' binaries; then
 * `npm ci` refuses the whole lockfile. Their parents pin them to one version, and their names say what they are for
 * (`@next/swc-darwin-arm64`), so the entry can be written without fetching them; it only lacks the integrity hash.
 * @returns the names added
 */
export function completeLockfile({ packages }: Lockfile): string[] {
  const added: string[] = []
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const platform =
        /-(android|darwin|win32|linux|freebsd|openharmony)(?:-?([a-z0-9]+))?(?:-(musl|gnu\w*|msvc|eabi\w*))?$/.exec(
          name,
        )
      if (isLocked(packages, name) || !platform || !/^\d/.test(version)) continue
      const [, os = '', cpu, abi] = platform
      packages[`node_modules/${name}`] = {
        version,
        ...(cpu ? { cpu: [cpu] } : {}),
        ...(parent.dev ? { dev: true } : {}),
        ...(abi === 'musl' ? { libc: ['musl'] } : {}),
        optional: true,
        os: [os],
      }
      added.push(name)
    }
  }
  return added
}

/** The optional packages a lockfile names and does not lock, which is why `npm ci` would refuse it. Pure. */
export function findUnlocked({ packages }: Lockfile): string[] {
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  return [...new Set(named)].filter((name) => !isLocked(packages, name)).sort()
}

function isLocked(packages: Lockfile['packages'], name: string): boolean {
  return Object.keys(packages).some(
    (path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`),
  )
}

if (import.meta.main) {
  const lockfile: Lockfile & Record<string, unknown> = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  console.log('added', completeLockfile(lockfile))
  const sorted = Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(
    'package-lock.json',
    `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
  )
  console.log('still not locked', findUnlocked(lockfile))
}
