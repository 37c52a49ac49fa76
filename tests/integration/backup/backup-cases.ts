import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BackUpOptions, backUp } from '#lib/catalog/backup/back-up'
import { hashFolder } from '#lib/storage/hash-folder'

const root = resolve(import.meta.dirname, '../../..')
const ALL_KEPT = { hourly: 100, daily: 100, weekly: 100, monthly: 100 }

export function backUpTo(where: string, options: Partial<BackUpOptions> = {}) {
  return backUp({
    where,
    plain: false,
    streams: false,
    passphrase: null,
    sshConfigPath: null,
    rules: ALL_KEPT,
    ...options,
  })
}

/** Every file of a folder with its hash. */
export async function describeTree(path: string): Promise<string[]> {
  return (await hashFolder(path)).map((entry) => `${entry.path} ${entry.sha256}`)
}

/** Overwrites some bytes in the middle of a file. */
export async function damage(path: string): Promise<void> {
  const content = await readFile(path)
  content.fill(0x55, Math.floor(content.length / 2), Math.floor(content.length / 2) + 8)
  await rm(path, { force: true })
  await writeFile(path, content)
}

/** The first file below a folder whose name matches. */
export async function findFile(folder: string, pattern: RegExp): Promise<string> {
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name)
    if (pattern.test(name) && (await stat(path)).isFile()) return path
  }
  return assert.fail(`no ${pattern} in ${folder}`)
}

/** The command as a person runs it. */
export function runPeekr(
  dataPath: string,
  args: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, PEEKR_DATA: dataPath, PEEKR_LOG_LEVEL: 'silent' } as unknown as NodeJS.ProcessEnv
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['bin/main.ts', ...args],
      { cwd: root, env, timeout: 60_000 },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}
