import type { MediaTools } from '#lib/media/media-tools'

export const SANDBOX_INPUT = '/input/source'
export const SANDBOX_OUTPUT = '/output'
const BWRAP = '/usr/bin/bwrap'
const PRLIMIT = '/usr/bin/prlimit'
const SETPRIV = '/usr/bin/setpriv'
/** `nobody` on Debian, and on every other Linux an account that owns nothing. */
const NOBODY = '65534'

export interface ResourceLimits {
  /** null lifts it: CUDA reserves far more address space than it uses. */
  addressSpaceBytes: number | null
  /** Of any one file it writes. */
  fileSizeBytes: number
  cpuSeconds: number
  processes: number
}

export interface SandboxRequest {
  mode: MediaTools['sandbox']
  /** The program's real path on this machine. */
  programPath: string
  args: readonly string[]
  /** The one file, or folder of our own files, it may read; seen at SANDBOX_INPUT. */
  inputPath: string | null
  /** The one folder it may write; seen at SANDBOX_OUTPUT. */
  outputPath: string | null
  gpu: boolean
  limits: ResourceLimits
}

/** Where a confined program sees its input and output. With the sandbox off these are the real paths. */
export function sandboxPaths({
  mode,
  inputPath,
  outputPath,
}: Pick<SandboxRequest, 'mode' | 'inputPath' | 'outputPath'>): {
  input: string
  output: string
} {
  if (mode === 'off') return { input: inputPath ?? '', output: outputPath ?? '' }
  return { input: SANDBOX_INPUT, output: SANDBOX_OUTPUT }
}

/**
 * The command line that runs a program with no network, no other files, an empty environment, an unprivileged
 * user and resource limits. Pure. Costs about 60 ms a start.
 *
 * It is to be started as a session of its own, without a terminal: that is not done again inside, as priorities are by session.
 *
 * The user namespace makes the process `nobody` inside while its files stay ours outside, so this works for root and
 * for anybody else alike. The limits are set inside it: outside, the process limit would count all of the user's own.
 */
export function buildSandboxArguments(request: SandboxRequest): { file: string; args: string[] } {
  const command = [...buildLimits(request.limits), request.programPath, ...request.args]
  if (request.mode === 'off') {
    // Even unconfined, a child must not outlive us.
    return { file: SETPRIV, args: ['--pdeathsig', 'KILL', PRLIMIT, ...command] }
  }
  return { file: BWRAP, args: [...buildNamespace(request), '--', PRLIMIT, ...command] }
}

function buildNamespace({ programPath, inputPath, outputPath, gpu }: SandboxRequest): string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--uid', NOBODY, '--gid', NOBODY, '--hostname', 'sandbox'],
    ...['--die-with-parent', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr'],
    // Symbolic links on a merged system, folders on others: a bind serves both.
    ...['/bin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind-try', path, path]),
    // What the loader needs: its cache, and Debian's alternatives (libblas).
    ...['/etc/ld.so.cache', '/etc/alternatives'].flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...(gpu ? buildGpuBinds() : []),
    ...(programPath.startsWith('/usr/') ? [] : ['--ro-bind', programPath, programPath]),
    ...(inputPath === null ? [] : ['--ro-bind', inputPath, SANDBOX_INPUT]),
    ...(outputPath === null ? [] : ['--bind', outputPath, SANDBOX_OUTPUT]),
    ...['--chdir', '/'],
  ]
}

/** `--dev-bind-try` skips what this machine's driver does not have. */
function buildGpuBinds(): string[] {
  const numbered = Array.from({ length: 16 }, (_, index) => `/dev/nvidia${index}`)
  const devices = [
    '/dev/nvidiactl',
    '/dev/nvidia-uvm',
    '/dev/nvidia-uvm-tools',
    '/dev/nvidia-modeset',
    ...numbered,
  ]
  return [
    ...devices.flatMap((path) => ['--dev-bind-try', path, path]),
    ...['/dev/nvidia-caps', '/dev/dxg'].flatMap((path) => ['--dev-bind-try', path, path]),
    ...['--ro-bind-try', '/proc/driver/nvidia', '/proc/driver/nvidia'],
    ...['--ro-bind-try', '/sys', '/sys'],
  ]
}

function buildLimits({ addressSpaceBytes, fileSizeBytes, cpuSeconds, processes }: ResourceLimits): string[] {
  return [
    '--core=0',
    `--nproc=${processes}`,
    `--fsize=${fileSizeBytes}`,
    `--cpu=${cpuSeconds}`,
    ...(addressSpaceBytes === null ? [] : [`--as=${addressSpaceBytes}`]),
  ]
}
