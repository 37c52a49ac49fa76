import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSandboxArguments, type SandboxRequest, sandboxPaths } from '#lib/media/sandbox'

const request: SandboxRequest = {
  mode: 'bwrap',
  programPath: '/usr/bin/ffmpeg',
  args: ['-i', 'file:/input/source'],
  inputPath: '/data/library/v/source/original',
  outputPath: '/data/library/v/attempts/a',
  gpu: false,
  limits: { addressSpaceBytes: 1000, fileSizeBytes: 2000, cpuSeconds: 30, processes: 40 },
}

test('the confined command line is exactly this', () => {
  const { file, args } = buildSandboxArguments(request)
  assert.equal(file, '/usr/bin/bwrap')
  assert.equal(
    args.join(' '),
    '--unshare-all --unshare-user --uid 65534 --gid 65534 --hostname sandbox --die-with-parent --clearenv ' +
      '--ro-bind /usr /usr --ro-bind-try /bin /bin --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 ' +
      '--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives /etc/alternatives ' +
      '--proc /proc --dev /dev --tmpfs /tmp ' +
      '--ro-bind /data/library/v/source/original /input/source --bind /data/library/v/attempts/a /output --chdir / ' +
      '-- /usr/bin/prlimit --core=0 --nproc=40 --fsize=2000 --cpu=30 --as=1000 /usr/bin/ffmpeg -i file:/input/source',
  )
})

test('a GPU’s command line is exactly this: its devices, the driver and /sys, and no limit on address space', () => {
  const { file, args } = buildSandboxArguments({
    ...request,
    gpu: true,
    limits: { ...request.limits, addressSpaceBytes: null },
  })
  const numbered = Array.from({ length: 16 }, (_, index) => `nvidia${index}`)
  const devices = [
    'nvidiactl',
    'nvidia-uvm',
    'nvidia-uvm-tools',
    'nvidia-modeset',
    ...numbered,
    'nvidia-caps',
    'dxg',
  ]
  assert.equal(file, '/usr/bin/bwrap')
  assert.equal(
    args.join(' '),
    '--unshare-all --unshare-user --uid 65534 --gid 65534 --hostname sandbox --die-with-parent --clearenv ' +
      '--ro-bind /usr /usr --ro-bind-try /bin /bin --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 ' +
      '--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives /etc/alternatives ' +
      '--proc /proc --dev /dev --tmpfs /tmp ' +
      `${devices.map((name) => `--dev-bind-try /dev/${name} /dev/${name}`).join(' ')} ` +
      '--ro-bind-try /proc/driver/nvidia /proc/driver/nvidia --ro-bind-try /sys /sys ' +
      '--ro-bind /data/library/v/source/original /input/source --bind /data/library/v/attempts/a /output --chdir / ' +
      '-- /usr/bin/prlimit --core=0 --nproc=40 --fsize=2000 --cpu=30 /usr/bin/ffmpeg -i file:/input/source',
  )
})

test('a program outside /usr is the only other file bound', () => {
  const programPath = '/opt/ffmpeg/ffmpeg'
  const { args } = buildSandboxArguments({ ...request, programPath })
  assert.ok(args.join(' ').includes(`--ro-bind ${programPath} ${programPath}`))
})

test('with the sandbox off, limits and dying with the parent remain, and paths are the real ones', () => {
  const off = { ...request, mode: 'off' as const }
  const { file, args } = buildSandboxArguments(off)
  assert.equal(file, '/usr/bin/setpriv')
  assert.deepEqual(args.slice(0, 3), ['--pdeathsig', 'KILL', '/usr/bin/prlimit'])
  assert.equal(sandboxPaths(off).input, off.inputPath)
})
