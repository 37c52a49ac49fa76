'use client'

import type { Visibility } from '#lib/domain/video'
import { Button } from '../controls/button'
import { copyText } from '../controls/copy-text'
import { showToast } from '../controls/toast-store'

/** Copies the full address of a video's page, and says so when whoever gets the link could not open it. */
export function CopyLinkButton({ path, visibility }: { path: string; visibility: Visibility }) {
  async function copy() {
    const link = new URL(path, window.location.origin).href
    if (await copyText(link)) showToast('good', COPIED[visibility] ?? 'Link copied.')
    else showToast('bad', `Copying is not allowed here. The link is ${link}`)
  }

  return (
    <Button icon="link" onClick={copy}>
      Copy link
    </Button>
  )
}

const COPIED: Partial<Record<Visibility, string>> = {
  private:
    'Link copied. The video is private, so the link works for you and administrators only. Under Edit you can share it.',
  people: 'Link copied. It works for the people named under Edit, once they are signed in.',
  password: 'Link copied. Whoever opens it is asked for the password.',
}
