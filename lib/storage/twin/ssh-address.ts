import { PeekrError } from '#lib/errors'

export interface SshAddress {
  /** `user@host`, or `host` alone. */
  destination: string
  port: number | null
  /** Absolute, made of signs that mean nothing to a shell. */
  path: string
}

const ADDRESS =
  /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(\/[A-Za-z0-9_./+@ -]*)$/

/** Whether a target or source is meant to be on another machine. */
export function isSshAddress(text: string): boolean {
  return /^ssh:/i.test(text)
}

/**
 * `ssh://user@host:port/folder`. No part can begin with a hyphen, and the path has no sign that a shell would read.
 * @throws invalid_input
 */
export function parseSshAddress(text: string): SshAddress {
  const [, user, host, port, path] = ADDRESS.exec(text) ?? []
  if (host === undefined || path === undefined || path.split('/').includes('..') || path.length < 2) {
    throw new PeekrError('invalid_input', {
      message:
        'Write the other machine as ssh://user@host/folder or ssh://user@host:2222/folder. The folder’s name may have letters, digits, spaces and . _ + @ -',
    })
  }
  const name = host.replace(/^\[|\]$/g, '')
  return {
    destination: user === undefined ? name : `${user}@${name}`,
    port: port === undefined ? null : Number(port),
    path: path.replace(/\/+$/, ''),
  }
}
