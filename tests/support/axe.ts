import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright'

const THEMES = ['light', 'dark'] as const
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const

let source: string | null = null

/**
 * What is wrong with the page that is open, in both themes and at both widths: axe-core's serious and critical findings,
 * and a page wider than the screen. One sentence each; the page keeps the last look. Give its context reduced motion,
 * so that no colour is measured halfway.
 */
export async function findPageProblems(page: Page): Promise<string[]> {
  source ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(source)
  const problems: string[] = []
  for (const size of SIZES) {
    await page.setViewportSize(size)
    for (const theme of THEMES) {
      const found = await page.evaluate(inspectPage, theme)
      problems.push(...found.map((problem) => `${theme}, ${size.width} px: ${problem}`))
    }
  }
  return problems
}

interface Axe {
  run(
    root: Document,
    options: object,
  ): Promise<{ violations: { id: string; impact: string; nodes: { target: string[] }[] }[] }>
}

/** Runs in the page. */
async function inspectPage(theme: string): Promise<string[]> {
  document.documentElement.dataset.theme = theme
  // Colours change over some milliseconds even so.
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished))
  const { axe } = window as unknown as { axe: Axe }
  const { violations } = await axe.run(document, {
    resultTypes: ['violations'],
    // Nothing but colours can change with the theme.
    ...(theme === 'dark' && { runOnly: ['color-contrast'] }),
  })
  const { scrollWidth, clientWidth } = document.documentElement
  return [
    ...violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
    ...(scrollWidth > clientWidth ? [`wider than the screen by ${scrollWidth - clientWidth} px`] : []),
  ]
}
