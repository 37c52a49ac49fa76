import { PeekrError } from '#lib/errors'
import { forgetSingleton, singleton } from '#lib/singleton'

const NAME = 'own-address'

/** Notes where this process listens. */
export function rememberOwnAddress({ address, port }: { address: string; port: number }): void {
  const host = address === '::' || address === '0.0.0.0' ? '127.0.0.1' : address
  forgetSingleton(NAME)
  singleton(NAME, () => `http://${host.includes(':') ? `[${host}]` : host}:${port}`)
}

/** The URL at which this process reaches itself, past any proxy. @throws conflict where it does not listen itself */
export function getOwnUrl(): string {
  const url = singleton<string | null>(NAME, () => null)
  if (url !== null) return url
  throw new PeekrError('conflict', {
    message:
      'This server was not started with `peekr start`. Run `peekr doctor leaks --url ADDRESS` instead.',
  })
}
