import { canAdminister, canUpload, type Viewer } from '#lib/domain/permissions'
import { ButtonLink } from '../controls/button'
import { EmptyState } from '../controls/empty-state'
import { SampleButton } from './sample-button'

/** The home page when there is nothing to show on it, with what each kind of visitor can do about that. */
export function LibraryEmpty({ viewer, q, shared }: { viewer: Viewer | null; q: string; shared: boolean }) {
  if (q) {
    return (
      <EmptyState
        icon="search"
        title={`Nothing matches “${q}”`}
        actions={<ButtonLink href="/">All videos</ButtonLink>}
      >
        Every word is looked for in titles, descriptions and tags. Try fewer or other words.
      </EmptyState>
    )
  }
  if (shared) {
    return (
      <EmptyState
        icon="users"
        title="Nothing is shared with you yet"
        actions={<ButtonLink href="/">All videos</ButtonLink>}
      >
        Videos that somebody shares with you by name are here, and you need no link to them.
      </EmptyState>
    )
  }
  if (canUpload(viewer)) {
    return (
      <EmptyState
        icon="film"
        title="Your library starts here"
        actions={
          <>
            <ButtonLink href="/upload" tone="primary" icon="upload">
              Upload a video
            </ButtonLink>
            {canAdminister(viewer) && <SampleButton />}
          </>
        }
      >
        Upload a video from your phone or computer; it plays here within seconds.
        {canAdminister(viewer) && ' Or let Peekr make a short clip, to see everything work first.'}
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon="film"
      title="No public videos yet"
      actions={
        viewer === null && (
          <ButtonLink href="/login" tone="primary">
            Sign in to see yours
          </ButtonLink>
        )
      }
    >
      Videos appear here once somebody publishes them.
      {viewer !== null && ' Your account can watch; to upload, ask an administrator to make you an uploader.'}
    </EmptyState>
  )
}
