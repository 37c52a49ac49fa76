import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCues, writeCaptions } from '#lib/hls/rebuild-captions'

const HEAD = 'WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n'

test('captions are exactly this, and reading them gives the same cues', () => {
  const cues = [
    { startSeconds: 0, endSeconds: 1.5, text: 'One\nand <i>two</i>' },
    { startSeconds: 3599.9996, endSeconds: 3601.04, text: '<b>Three</b>' },
  ]
  const text = writeCaptions(cues, 10)
  assert.equal(
    text,
    `${HEAD}\n00:00:00.000 --> 00:00:01.500\nOne\nand <i>two</i>\n\n01:00:00.000 --> 01:00:01.040\n<b>Three</b>\n`,
  )
  assert.equal(writeCaptions(parseCues(text, null), 10), text)
})

test('nothing of a stranger’s markup, settings or notes is left', () => {
  const stranger = [
    'WEBVTT\n\nSTYLE\n::cue { background: url(https://example.org) }\n',
    'NOTE 00:00 --> never\n',
    'an id\n00:01.000 --> 00:02.000 line:0 position:10%\n<c.x><script>alert("x")</script> a & b &amp; c\u0007\n',
    '00:03.000 --> 00:04.000\n1 --> 2 <v Bob>hello</v>\n',
  ].join('\n')
  assert.equal(
    writeCaptions(parseCues(stranger, null), 10),
    `${HEAD}
00:00:01.000 --> 00:00:02.000
&lt;c.x&gt;&lt;script&gt;alert("x")&lt;/script&gt; a &amp; b &amp; c

00:00:03.000 --> 00:00:04.000
1 --&gt; 2 &lt;v Bob&gt;hello&lt;/v&gt;
`,
  )
})

test('cues behind the end are dropped, and one that reaches over it is cut', () => {
  const text =
    'WEBVTT\n\n00:01.000 --> 99:00:00.000\nlong\n\n98:00:00.000 --> 99:00:00.000\nlate\n\n00:02.000 --> 00:01.000\nback\n'
  assert.deepEqual(parseCues(text, 12.5), [{ startSeconds: 1, endSeconds: 12.5, text: 'long' }])
})
