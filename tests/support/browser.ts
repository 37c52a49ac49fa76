import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright'

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])

export interface TestBrowser {
  browser: Browser
  /** A visitor of their own: no cookies shared with any other. */
  newVisitor(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Closes it. Throws when a page asked another host for anything, or reported an error nobody expected. */
  close(): Promise<void>
}

/**
 * Debian's Chromium, headless, that must find everything on this machine.
 * @param options.expectErrors console messages that belong to the test, such as the 404 it provokes
 */
export async function openBrowser(options: { expectErrors?: RegExp[] } = {}): Promise<TestBrowser> {
  const problems: string[] = []
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  return {
    browser,
    async newVisitor(contextOptions) {
      const context = await browser.newContext(contextOptions)
      watch(context, problems, options.expectErrors ?? [])
      return context
    },
    async close() {
      await browser.close()
      if (problems.length > 0) throw new Error(`The pages were not clean:\n${problems.join('\n')}`)
    },
  }
}

function watch(context: BrowserContext, problems: string[], expected: RegExp[]): void {
  const report = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) problems.push(text)
  }
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (/^(?:https?|wss?):$/.test(url.protocol) && !LOCAL_HOSTS.has(url.hostname)) {
      problems.push(`asked another host: ${request.method()} ${url.href}`)
    }
  })
  context.on('console', (message) => {
    if (message.type() === 'error') report(`console.error: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => report(`uncaught: ${error.error().message}`))
}
