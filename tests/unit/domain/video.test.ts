import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { statesBefore, titleFromFilename, VIDEO_STATES } from '#lib/domain/video'

test('a video goes from uploading to ready through every stage, and no stage can be skipped', () => {
  const before = Object.fromEntries(VIDEO_STATES.map((state) => [state, statesBefore(state).sort()]))
  assert.deepEqual(before, {
    // Nothing goes back to uploading.
    uploading: [],
    ingesting: ['failed', 'ready', 'uploading'],
    transcoding: ['failed', 'ingesting', 'ready'],
    ready: ['transcoding'],
    failed: ['ingesting', 'transcoding', 'uploading'],
  })
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
