/**
 * @typedef {object} DebianPackage
 * @property {string} name the package
 * @property {string[]} anyOf one of these paths means it is there, wherever it came from
 * @property {boolean} testsOnly
 * @property {boolean} [optional] without it some tests are skipped, and nothing else is missing
 */

const VLC_PLUGINS = ['x86_64', 'aarch64'].map((kind) => `/usr/lib/${kind}-linux-gnu/vlc/plugins/demux`)

/** What Peekr uses of the system. @type {DebianPackage[]} */
export const DEBIAN_PACKAGES = [
  { name: 'ffmpeg', anyOf: ['/usr/bin/ffmpeg'], testsOnly: false },
  { name: 'btrfs-progs', anyOf: ['/usr/bin/btrfs', '/usr/sbin/btrfs', '/sbin/btrfs'], testsOnly: false },
  { name: 'bubblewrap', anyOf: ['/usr/bin/bwrap'], testsOnly: false },
  { name: 'chromium', anyOf: ['/usr/bin/chromium'], testsOnly: true },
  // Without a font, a headless browser draws no letters: any will do.
  { name: 'fonts-liberation', anyOf: ['/usr/share/fonts/truetype'], testsOnly: true },
  { name: 'nginx-light', anyOf: ['/usr/sbin/nginx'], testsOnly: true },
  { name: 'openssh-server', anyOf: ['/usr/sbin/sshd'], testsOnly: true, optional: true },
  { name: 'mpv', anyOf: ['/usr/bin/mpv'], testsOnly: true, optional: true },
  // VLC without its windows: the program, and what it plays HLS with.
  { name: 'vlc-bin', anyOf: ['/usr/bin/vlc'], testsOnly: true, optional: true },
  { name: 'vlc-plugin-base', anyOf: VLC_PLUGINS, testsOnly: true, optional: true },
]

/**
 * The packages that are not there. Pure.
 * @param {'none' | 'serve' | 'test'} need
 * @param {(path: string) => boolean} exists
 * @param {{ optional?: boolean }} [options] those that must be there, or those that need not
 * @returns {string[]} names
 */
export function findMissingPackages(need, exists, { optional = false } = {}) {
  if (need === 'none') return []
  const wanted = DEBIAN_PACKAGES.filter(
    (entry) => (need === 'test' || !entry.testsOnly) && (entry.optional ?? false) === optional,
  )
  return wanted.filter((entry) => !entry.anyOf.some(exists)).map((entry) => entry.name)
}

/**
 * The two commands that install packages. Pure.
 * @param {string[]} names
 * @param {{ sudo?: boolean }} [options]
 * @returns {{ update: string[], install: string[] }} argument lists, the program first
 */
export function buildAptCommands(names, { sudo = false } = {}) {
  // DEBIAN_FRONTEND travels through env, because sudo drops it.
  const prefix = [...(sudo ? ['sudo', '-n'] : []), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const wait = ['-o', 'DPkg::Lock::Timeout=120']
  return {
    update: [...prefix, ...wait, 'update'],
    install: [...prefix, ...wait, 'install', '-y', '--no-install-recommends', ...names],
  }
}

/**
 * What to tell a person who has to install them. Pure.
 * @param {string[]} names
 * @param {{ debian: boolean }} options
 * @returns {string}
 */
export function buildInstallAdvice(names, { debian }) {
  if (!debian) {
    return `Peekr needs these programs, named as Debian's packages: ${names.join(', ')}. Install them and try again.`
  }
  return [
    'Peekr needs some Debian packages and may not install them as this user. Run this, then try again:',
    `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(' ')}`,
  ].join('\n')
}
