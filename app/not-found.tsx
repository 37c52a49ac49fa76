import type { Metadata } from 'next'
import { ButtonLink } from './_components/button'
import { EmptyState } from './_components/empty-state'

export const metadata: Metadata = { title: 'Not found' }

export default function NotFound() {
  return (
    <EmptyState
      as="h1"
      icon="search"
      title="There is nothing here"
      actions={
        <>
          <ButtonLink href="/" tone="primary">
            All videos
          </ButtonLink>
          <ButtonLink href="/login">Sign in</ButtonLink>
        </>
      }
    >
      The address may be mistyped, the video deleted, or private. If it is yours, sign in to see it.
    </EmptyState>
  )
}
