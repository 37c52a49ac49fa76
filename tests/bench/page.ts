import { gzipSync } from 'node:zlib'
import { startPeekr } from '../support/server.ts'
import type { Measurement } from './serve.ts'

/** What the home page makes a visitor's browser load: all its scripts, compressed as a proxy would. */
export async function runBench(emit: (measurement: Measurement) => void): Promise<void> {
  const peekr = await startPeekr()
  try {
    const html = await (await fetch(peekr.url)).text()
    // Scripts for browsers without modules are named by the page, and loaded by none of today's.
    const tags = [...html.matchAll(/<script\b[^>]*>/g)]
      .map(([tag]) => tag)
      .filter((tag) => !/nomodule/i.test(tag))
    const paths = [
      ...new Set(tags.map((tag) => /src="([^"]+)"/.exec(tag)?.[1]).filter((path) => path !== undefined)),
    ]
    const scripts: { path: string; gzipBytes: number }[] = []
    for (const path of paths) {
      const body = await (await fetch(new URL(path, peekr.url))).bytes()
      scripts.push({ path, gzipBytes: gzipSync(body).length })
    }
    const totalBytes = scripts.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)
    emit({
      metric: 'page.home.js_kb',
      value: Number((totalBytes / 1000).toFixed(1)),
      unit: 'kB',
      note: `gzip of the ${scripts.length} scripts the home page names, in kB of 1000 bytes`,
      samples: scripts,
    })
  } finally {
    await peekr.stop()
  }
}
