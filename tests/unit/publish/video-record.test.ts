import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import {
  buildVideoRecord,
  formatVideoRecord,
  parseVideoRecord,
  type VideoFacts,
} from '#lib/publish/video-record'

const video: VideoFacts = {
  _id: createId(),
  uploadId: 'upload-1',
  title: 'Ærø <script>',
  description: 'line one\nline two',
  tags: ['summer', '夏'],
  visibility: 'private',
  source: { filename: 'a b.mov', sizeBytes: 12, sha256: 'a'.repeat(64) },
  durationSeconds: 8.04,
  width: 1080,
  height: 1920,
  revision: {
    id: createId(),
    segmentFormat: 'fmp4',
    renditions: [{ name: '1080p', width: 1080, height: 1920, bitrateBps: 4_000_000, codecs: 'avc1.640028' }],
    audio: null,
    poster: true,
  },
  createdAt: new Date('2026-11-22T10:00:00.000Z'),
  publishedAt: new Date('2026-11-22T10:01:00.000Z'),
}
const owner = { id: createId(), name: 'Ada', email: 'ada@example.org' }

describe('video.json', () => {
  it('gives back everything that the database needs to be made again', () => {
    const record = parseVideoRecord(formatVideoRecord(buildVideoRecord(video, owner)))
    const { version, id, owner: storedOwner, createdAt, publishedAt, ...rest } = record
    const { _id, createdAt: _createdAt, publishedAt: _publishedAt, ...facts } = video
    assert.deepEqual(rest, facts)
    assert.deepEqual(
      { version, id, owner: storedOwner, createdAt: new Date(createdAt), publishedAt: new Date(publishedAt) },
      { version: 1, id: _id, owner, createdAt: _createdAt, publishedAt: _publishedAt },
    )
  })

  it('carries nothing of the database’s record that is not meant for it', () => {
    const record = buildVideoRecord({ ...video, progress: 1, passwordHash: 'secret' } as VideoFacts, owner)
    assert.ok(!formatVideoRecord(record).includes('secret'))
    assert.ok(!('progress' in record))
  })

  it('says what is wrong when it cannot be read', () => {
    const record = buildVideoRecord(video, owner)
    const broken = { ...record, visibility: 'everybody' }
    assert.throws(() => parseVideoRecord(JSON.stringify(broken)), {
      code: 'output_invalid',
      message: /visibility/,
    })
    assert.throws(() => parseVideoRecord('{"version":'), { code: 'output_invalid', message: /not JSON/ })
    assert.throws(() => parseVideoRecord(JSON.stringify({ ...record, version: 2 })), { message: /version/ })
  })
})
