/** Deleting subvolumes must work for a Peekr that is not root, too. */
const OPTIONS = 'loop,noatime,user_subvol_rm_allowed'

export function buildMountImage(image: string, path: string): string[] {
  return ['-t', 'btrfs', '-o', OPTIONS, image, path]
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
