'use client'

import { usePathname, useSearchParams } from 'next/navigation'
import { ButtonLink } from '../controls/button'

/** The way to sign in, and back to this very page afterwards. */
export function SignInLink({ tone }: { tone?: 'primary' }) {
  const path = usePathname()
  const query = useSearchParams().toString()
  const here = query ? `${path}?${query}` : path
  const isEntry = here === '/' || path === '/login' || path === '/register'
  return (
    <ButtonLink href={isEntry ? '/login' : `/login?next=${encodeURIComponent(here)}`} tone={tone}>
      Sign in
    </ButtonLink>
  )
}
