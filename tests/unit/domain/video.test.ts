import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { requireTransition, statesBefore, titleFromFilename, VIDEO_STATES } from '#lib/domain/video'

test('a video goes from uploading to ready through every stage, and no stage can be skipped', () => {
  requireTransition('uploading', 'ingesting')
  requireTransition('ingesting', 'transcoding')
  requireTransition('transcoding', 'ready')
  assert.throws(() => requireTransition('uploading', 'ready'), { code: 'conflict' })
  assert.throws(() => requireTransition('ingesting', 'ready'), { code: 'conflict' })
  assert.throws(() => requireTransition('ready', 'uploading'), { code: 'conflict' })
})

test('the filter of an update allows exactly what the transitions allow', () => {
  for (const to of VIDEO_STATES) {
    for (const from of VIDEO_STATES) {
      const allowed = statesBefore(to).includes(from)
      if (allowed) requireTransition(from, to)
      else assert.throws(() => requireTransition(from, to), { code: 'conflict' })
    }
  }
})

test('a title comes from the file name, without folder and extension', () => {
  assert.equal(titleFromFilename('/sdcard/DCIM/VID_2026 11_02.mp4'), 'VID 2026 11 02')
  assert.equal(titleFromFilename('C:\\Videos\\holiday.mov'), 'holiday')
  assert.equal(titleFromFilename('.mp4'), 'Untitled video')
})

test('whatever a file is called, its title is something and not too long', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const title = titleFromFilename(name)
      assert.ok(title.length >= 1 && title.length <= 200)
    }),
  )
})
