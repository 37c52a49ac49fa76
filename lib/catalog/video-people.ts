import { getSettings } from '#lib/admin/settings'
import { Email } from '#lib/auth/account-schema'
import { lookUpLimits, requireAttempt } from '#lib/auth/rate-limit'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { presentAccess } from '#lib/catalog/video-access'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { type AccessView, PEOPLE_MAX } from '#lib/domain/access-view'
import type { Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { forgetStreamAccess } from '#lib/stream/stream-access'

interface Asked {
  viewer: Viewer | null
  videoId: string
}

/**
 * Names somebody who may watch a video while its visibility is `people`, by their whole e-mail address or whole name.
 * There is no search and no suggestion, and at most 30 look-ups in 15 minutes, so that nobody can list the accounts;
 * who is found is shown by name, and by what was typed. Naming somebody twice changes nothing.
 * @throws not_found, sign_in_required, forbidden, invalid_input (nobody, or several), conflict beyond 200 people,
 *   too_many_attempts
 */
export async function addPerson(asked: Asked & { who: string }): Promise<AccessView> {
  const { viewer, videoId, who } = asked
  const { access } = await requireEditableVideo(asked)
  if (viewer !== null) await requireAttempt(lookUpLimits(viewer.userId))
  const { _id: userId } = await getPerson(who)
  if ((access?.people.length ?? 0) >= PEOPLE_MAX) {
    throw new PeekrError('conflict', { message: `A video can be shared with ${PEOPLE_MAX} people at most.` })
  }
  // One atomic write: of two who name the same person at once, one changes nothing.
  await VideoModel.updateOne(
    { _id: videoId, deletedAt: null, 'access.people.userId': { $ne: userId } },
    { $push: { 'access.people': { userId, label: who } } },
  ).setOptions({ sanitizeFilter: false })
  forgetStreamAccess(videoId)
  return presentAccess(await requireEditableVideo(asked))
}

/** Takes somebody's name off again; whoever is not named stays so. @throws not_found, sign_in_required, forbidden */
export async function removePerson(asked: Asked & { userId: string }): Promise<void> {
  const { videoId, userId } = asked
  await requireEditableVideo(asked)
  await VideoModel.updateOne({ _id: videoId }, { $pull: { 'access.people': { userId } } })
  forgetStreamAccess(videoId)
}

/**
 * An e-mail address belongs to one account. A name counts where administrators give the accounts out: where anybody
 * may register, anybody could take the name of somebody known.
 */
async function getPerson(who: string): Promise<UserRecord> {
  const email = Email.safeParse(who)
  if (email.success) {
    const user = await UserModel.findOne({ email: email.data, disabledAt: null }).lean()
    if (user !== null) return user
    throw refuse('No account here has this e-mail address. Check it, or ask an administrator to make one.')
  }
  const { registration } = await getSettings()
  if (registration === 'open') {
    throw refuse('Write the e-mail address: anybody may register here, so a name says little.')
  }
  const named = await UserModel.find({ name: who, disabledAt: null }).limit(2).lean()
  const [user] = named
  if (user === undefined) throw refuse('No account here has exactly this name. Write their e-mail address.')
  if (named.length > 1) throw refuse('Several accounts have this name. Write the e-mail address.')
  return user
}

function refuse(message: string): PeekrError {
  return new PeekrError('invalid_input', { message, fields: { who: message } })
}
