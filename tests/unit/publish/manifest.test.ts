import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createId } from '#lib/domain/id'
import { buildManifest, compareManifest, signManifest, verifyManifest } from '#lib/publish/manifest'

const KEY = Buffer.alloc(32, 7)
const file = (path: string, fill = 'a') => ({ path, sizeBytes: 3, sha256: fill.repeat(64) })
const manifest = buildManifest({
  videoId: createId(),
  revisionId: createId(),
  createdAt: new Date(0),
  files: [file('multivariant.m3u8'), file('720p/init.mp4', 'b'), file('720p/segment-00000.m4s', 'c')],
})

describe('a revision’s manifest', () => {
  it('comes back as it was signed', () => {
    assert.deepEqual(verifyManifest(signManifest(manifest, KEY), KEY), manifest)
  })

  it('is the same text whatever order the files came in, and whatever way it was formatted', () => {
    const files = [...manifest.files].reverse()
    const again = buildManifest({ ...manifest, createdAt: new Date(0), files })
    const text = signManifest(again, KEY)
    assert.equal(text, signManifest(manifest, KEY))
    assert.deepEqual(verifyManifest(JSON.stringify(JSON.parse(text)), KEY), manifest)
  })

  it('is refused when any byte of its content is another', () => {
    const text = signManifest(manifest, KEY)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (index) => {
        const flipped = text.slice(0, index) + (text[index] === '1' ? '2' : '1') + text.slice(index + 1)
        assert.throws(() => verifyManifest(flipped, KEY), { code: 'output_invalid' })
      }),
      { numRuns: 300 },
    )
  })

  it('is refused with another key, and when it is not a manifest', () => {
    assert.throws(() => verifyManifest(signManifest(manifest, KEY), Buffer.alloc(32, 8)), {
      code: 'output_invalid',
    })
    for (const text of ['', '{', '[]', 'null', '{"version":1}']) {
      assert.throws(() => verifyManifest(text, KEY), { code: 'output_invalid' })
    }
  })

  it('names no file outside its folder', () => {
    for (const path of ['../x', '/etc/passwd', 'a/../b', '.hidden', 'a//b', '', 'a\\b']) {
      assert.throws(() => buildManifest({ ...manifest, createdAt: new Date(0), files: [file(path)] }), path)
    }
  })

  it('tells missing, changed and additional files apart from good ones', () => {
    assert.deepEqual(compareManifest(manifest, manifest.files), [])
    const found = [file('multivariant.m3u8'), file('720p/init.mp4', 'd'), file('480p/init.mp4')]
    assert.deepEqual(compareManifest(manifest, found), [
      '480p/init.mp4',
      '720p/init.mp4',
      '720p/segment-00000.m4s',
    ])
  })
})
