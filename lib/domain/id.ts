import { randomBytes } from 'node:crypto'

const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz' // 32 signs, none mistaken for another when read aloud

/** What every Peekr id looks like: 16 signs, 80 random bits. The only pattern a path parameter is checked against. */
export const ID_PATTERN = /^[2-9a-km-np-z]{16}$/

/** A new random id, safe in a URL, a file name and a subvolume name. */
export function createId(): string {
  return Array.from(randomBytes(16), (byte) => ALPHABET[byte & 31]).join('')
}

export function isId(text: string): boolean {
  return ID_PATTERN.test(text)
}
