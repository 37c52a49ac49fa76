import type { Metadata } from 'next'
import { findPageViewer } from '#lib/auth/page-viewer'
import { ButtonLink } from './_components/controls/button'
import { EmptyState } from './_components/controls/empty-state'
import { SignInLink } from './_components/shell/sign-in-link'

export const metadata: Metadata = { title: 'Not found' }

export default async function NotFound() {
  const viewer = await findPageViewer()
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
          {viewer === null && <SignInLink />}
        </>
      }
    >
      The address may be mistyped, the video deleted, or private.
      {viewer === null
        ? ' If it is yours, sign in to see it.'
        : ' If it should be shared with you, ask whoever sent the link.'}
    </EmptyState>
  )
}
