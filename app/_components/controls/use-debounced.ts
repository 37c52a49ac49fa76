'use client'

import { useEffect, useState } from 'react'

/** The value as it was when it last rested for `delayMs`: for searching while somebody types. */
export function useDebounced<T>(value: T, delayMs: number): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), delayMs)
    return () => clearTimeout(timer)
  }, [value, delayMs])
  return rested
}
