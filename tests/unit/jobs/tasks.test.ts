import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findProjectRoot } from '#lib/jobs/find-project-root'
import { TASK_FILES } from '#lib/jobs/tasks'

test('every task has its worker', () => {
  const root = findProjectRoot()
  for (const file of Object.values(TASK_FILES)) assert.ok(existsSync(join(root, file)), file)
})

test('the project is found from deep inside it, and a foreign folder is passed over', () => {
  const root = findProjectRoot()
  assert.equal(findProjectRoot([undefined, '/usr/lib', join(root, 'lib/jobs')]), root)
  assert.throws(() => findProjectRoot(['/usr/lib']), { code: 'config_invalid' })
})
