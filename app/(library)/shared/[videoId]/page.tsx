import type { Metadata } from 'next'
import { OpenLink } from '../../../_components/access/open-link'
import { requireSetup } from '../../../_components/account/require-page-viewer'

export const metadata: Metadata = {
  title: 'A shared video',
  robots: { index: false },
}

/** Where a shared link leads: the same for every address, since only the part behind the # says what it opens. */
export default async function SharedPage({ params }: { params: Promise<{ videoId: string }> }) {
  await requireSetup()
  return <OpenLink videoId={(await params).videoId} />
}
