import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseEncoder } from '#lib/transcode/choose-encoder'

const report = (nvenc: boolean) => ({
  h264_nvenc: { works: nvenc, sentence: 'h264_nvenc was tried.' },
  libx264: { works: true, sentence: 'libx264 works.' },
})

test('a graphics card is used when its test encode worked, unless x264 is asked for', () => {
  assert.equal(chooseEncoder(report(true), 'auto').name, 'h264_nvenc')
  assert.equal(chooseEncoder(report(true), 'x264').name, 'libx264')
  assert.equal(chooseEncoder(report(false), 'auto').name, 'libx264')
})

test('asking for NVENC where there is none encodes on the CPU and says why', () => {
  const choice = chooseEncoder(report(false), 'nvenc')
  assert.equal(choice.name, 'libx264')
  assert.match(choice.sentence, /PEEKR_ENCODER.*h264_nvenc was tried/)
})
