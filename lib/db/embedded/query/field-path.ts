import { isDocument } from '#lib/db/embedded/values/bson-type'

/** Stands for "no such field" where null and undefined are values. */
export const MISSING = Symbol('missing')

const INDEX = /^(?:0|[1-9]\d*)$/

export function isArrayIndex(part: string): boolean {
  return INDEX.test(part)
}

/** One own field of a document; MISSING when it is not there. Never reads from the prototype. */
export function readField(document: unknown, name: string): unknown {
  if (!isDocument(document) || !Object.hasOwn(document, name)) return MISSING
  return document[name]
}

/** Sets one own field, whatever its name. */
export function writeField(document: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(document, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    document[name] = value
  }
}

/**
 * Every value a dotted path leads to, as MongoDB's matcher walks it: arrays on the way are entered one level, by index
 * and through each embedded document. A path that ends nowhere gives MISSING; an array without documents gives nothing.
 * @param wholes takes the arrays that are themselves the element a path's last part names: a filter looks at those as a
 *   whole only. Without it they are among the others.
 */
export function collectValues(
  value: unknown,
  parts: string[],
  at = 0,
  found: unknown[] = [],
  wholes: unknown[] = found,
): unknown[] {
  const part = parts[at]
  if (part === undefined) {
    found.push(value)
    return found
  }
  if (Array.isArray(value)) {
    if (isArrayIndex(part) && Number(part) < value.length) {
      const element: unknown = value[Number(part)]
      if (at === parts.length - 1 && Array.isArray(element)) wholes.push(element)
      else collectValues(element, parts, at + 1, found, wholes)
    }
    for (const item of value) if (isDocument(item)) collectValues(item, parts, at, found, wholes)
    return found
  }
  const field = readField(value, part)
  if (field === MISSING) found.push(MISSING)
  else collectValues(field, parts, at + 1, found, wholes)
  return found
}

/** The value at a path without entering arrays (except by index); MISSING when there is none. */
export function findValue(value: unknown, parts: string[]): unknown {
  let current = value
  for (const part of parts) {
    if (Array.isArray(current)) {
      if (!isArrayIndex(part) || Number(part) >= current.length) return MISSING
      current = current[Number(part)]
    } else {
      current = readField(current, part)
      if (current === MISSING) return MISSING
    }
  }
  return current
}
