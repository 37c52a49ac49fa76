import { requireEditableVideo } from '#lib/catalog/get-video'
import { presentShareLink } from '#lib/catalog/share-links'
import { ShareLinkModel } from '#lib/db/models/share-link'
import { UserModel } from '#lib/db/models/user'
import type { VideoRecord } from '#lib/db/models/video'
import type { AccessView } from '#lib/domain/access-view'
import type { Viewer } from '#lib/domain/permissions'

/** Who may watch a video, for its owner and administrators. @throws not_found, sign_in_required, forbidden */
export async function getVideoAccess(asked: { viewer: Viewer | null; videoId: string }): Promise<AccessView> {
  return presentAccess(await requireEditableVideo(asked))
}

/** The same of a record that the caller has authorised. People are in the order in which they were named. */
export async function presentAccess({ _id: videoId, visibility, access }: VideoRecord): Promise<AccessView> {
  const people = access?.people ?? []
  const [users, links] = await Promise.all([
    UserModel.find({ _id: { $in: people.map(({ userId }) => userId) } }, { name: 1 })
      .setOptions({ sanitizeFilter: false })
      .lean(),
    ShareLinkModel.find({ videoId }).sort({ createdAt: -1, _id: 1 }).lean(),
  ])
  const names = new Map(users.map(({ _id, name }) => [_id, name]))
  return {
    visibility,
    people: people.map(({ userId, label }) => ({
      id: userId,
      name: names.get(userId) ?? 'Deleted user',
      label,
    })),
    hasPassword: (access?.passwordVersion ?? 0) > 0,
    links: links.map(presentShareLink),
  }
}
