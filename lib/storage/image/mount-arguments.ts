/** Deleting subvolumes must work for a Peekr that is not root, too. */
const DEVICE_OPTIONS = 'noatime,user_subvol_rm_allowed'
const OPTIONS = `loop,${DEVICE_OPTIONS}`

export function buildMountImage(image: string, path: string): string[] {
  return ['-t', 'btrfs', '-o', OPTIONS, image, path]
}

/** @param device its name, or `UUID=…` */
export function buildMountDevice(device: string, path: string): string[] {
  return ['-t', 'btrfs', '-o', DEVICE_OPTIONS, device, path]
}

/** The same line for a filesystem on devices of its own. */
export function buildDeviceFstabLine(uuid: string, path: string): string {
  return `UUID=${uuid} ${encodeField(path)} btrfs ${DEVICE_OPTIONS},nofail 0 0`
}

/** A systemd mount unit (systemd.mount(5)) that does what a line of fstab does, and where it mounts. */
export function buildUnit(fstabLine: string): { where: string; text: string } {
  const [what = '', where = '', type = '', options = ''] = fstabLine.split(' ').map(decodeField)
  const device = what.startsWith('UUID=') ? `/dev/disk/by-uuid/${what.slice(5)}` : what
  const lines = [
    '[Unit]',
    'Description=The video library of Peekr',
    '',
    '[Mount]',
    `What=${escapeUnitValue(device)}`,
    `Where=${escapeUnitValue(where)}`,
    `Type=${type}`,
    // `nofail` is a word of fstab's; here it is WantedBy in place of RequiredBy.
    `Options=${options.replace(',nofail', '')}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]
  return { where, text: `${lines.join('\n')}\n` }
}

/** The line of /etc/fstab (fstab(5)) that mounts the image at every start of the machine; it does not stop the start when it fails. */
export function buildFstabLine(image: string, path: string): string {
  return `${encodeField(image)} ${encodeField(path)} btrfs ${OPTIONS},nofail 0 0`
}

/** A command line for a person to paste, as root. */
export function buildSudoCommand(name: string, args: string[]): string {
  return ['sudo', name, ...args.map(quote)].join(' ')
}

export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

function encodeField(text: string): string {
  return text.replaceAll('\\', '\\134').replaceAll(' ', '\\040').replaceAll('\t', '\\011')
}

function decodeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** A `%` begins a specifier in a unit (systemd.unit(5)). */
function escapeUnitValue(text: string): string {
  return text.replaceAll('%', '%%')
}
