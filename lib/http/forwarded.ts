import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'
import { PeekrError } from '#lib/errors'

export interface Forwarded {
  /** The nearest address that is not a trusted proxy's. */
  clientAddress: string
  /** Host and port as the browser sees them. */
  host: string
  protocol: 'http' | 'https'
  /** How many trusted proxies the request came through. */
  hops: number
}

type Trust = (address: string, hop: number) => boolean

const trusts = new WeakMap<readonly string[], Trust>()

/**
 * Who really asks, and under what name. X-Forwarded-* counts only as far as it was written by a proxy on the list
 * (addresses, CIDR ranges, or `loopback`, `linklocal`, `uniquelocal`); from anybody else it is ignored.
 * @throws config_invalid when the list has an entry that is not an address
 */
export function resolveForwarded(req: IncomingMessage, trustedProxies: readonly string[]): Forwarded {
  const peer = plainAddress(req.socket.remoteAddress ?? '')
  const trust = getTrust(trustedProxies)
  const path = trustedProxies.length === 0 ? [peer] : proxyAddr.all(req, trust).map(plainAddress)
  const hops = countTrusted(path, trust)
  const given = (name: string) => (hops === 0 ? null : pickHop(req.headers[name], hops))

  const encrypted = 'encrypted' in req.socket && req.socket.encrypted === true
  const scheme = given('x-forwarded-proto')?.toLowerCase()
  const forwardedHost = given('x-forwarded-host')
  const ownHost = req.headers.host ?? ''
  return {
    clientAddress: path.findLast((address) => isIP(address) !== 0) ?? peer,
    host: [forwardedHost, ownHost].find((host) => host && isHost(host)) ?? socketHost(req),
    protocol: scheme === 'http' || scheme === 'https' ? scheme : encrypted ? 'https' : 'http',
    hops,
  }
}

/**
 * The client's address and how many trusted proxies were passed, as `resolveForwarded` has them, for where nothing else
 * of it is needed: without proxies it is one look at the socket.
 */
export function findClient(
  req: IncomingMessage,
  trustedProxies: readonly string[],
): Pick<Forwarded, 'clientAddress' | 'hops'> {
  if (trustedProxies.length > 0) return resolveForwarded(req, trustedProxies)
  return { clientAddress: plainAddress(req.socket.remoteAddress ?? ''), hops: 0 }
}

/** Checks the list once at start. @throws config_invalid naming the setting */
export function getTrust(trustedProxies: readonly string[]): Trust {
  const known = trusts.get(trustedProxies)
  if (known) return known
  try {
    const trust = trustedProxies.length === 0 ? () => false : proxyAddr.compile([...trustedProxies])
    trusts.set(trustedProxies, trust)
    return trust
  } catch (cause) {
    throw new PeekrError('config_invalid', {
      message:
        'PEEKR_TRUSTED_PROXIES must list addresses or ranges such as 10.0.0.2, 192.168.0.0/16, or loopback.',
      cause,
    })
  }
}

/** `path` starts at the peer and ends with the first address that is not trusted. */
function countTrusted(path: string[], trust: Trust): number {
  const untrusted = path.findIndex((address, hop) => !trust(address, hop))
  return untrusted === -1 ? path.length : untrusted
}

/**
 * The value the outermost trusted proxy wrote. Proxies that append put theirs last, so with one hop it is the last
 * of the list and whatever a client made up before it is passed over; proxies that replace leave a list of one.
 */
function pickHop(value: string | string[] | undefined, hops: number): string | null {
  const list = (Array.isArray(value) ? value.join(',') : (value ?? ''))
    .split(',')
    .map((entry) => entry.trim())
  return list[Math.max(0, list.length - hops)] || null
}

/** A name or address with an optional port, and nothing that could be read as more. */
function isHost(host: string): boolean {
  return (
    host.length <= 260 && /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i.test(host)
  )
}

/** An IPv4 address as a dual-stack socket names it (`::ffff:10.0.0.1`) is the same client's as the plain one. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

function socketHost(req: IncomingMessage): string {
  const { localAddress = 'localhost', localPort = 80 } = req.socket
  const address = plainAddress(localAddress)
  return `${isIP(address) === 6 ? `[${address}]` : address}:${localPort}`
}
