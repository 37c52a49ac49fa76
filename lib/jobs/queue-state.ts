import { SettingModel } from '#lib/db/models/setting'

/** What of the queue an administrator has paused. */
export interface QueueState {
  /** Nothing is taken up but deletions. */
  paused: boolean
  /** Videos whose jobs are not taken up. */
  videoIds: string[]
}

const ID = 'queue'
/** Beyond this the whole queue is better paused. */
export const PAUSED_VIDEOS_MAX = 1_000

/** What is paused now. */
export async function getQueueState(): Promise<QueueState> {
  const record = await SettingModel.findOne({ _id: ID }).lean()
  return { paused: false, videoIds: [], ...(record?.value as Partial<QueueState> | undefined) }
}

/** Pauses or resumes the whole queue. Safe to repeat. */
export async function setQueuePaused(paused: boolean): Promise<void> {
  await SettingModel.updateOne({ _id: ID }, { $set: { 'value.paused': paused } }, { upsert: true })
}

/** Pauses or resumes the work on one video. Safe to repeat. */
export async function setVideoPaused(videoId: string, paused: boolean): Promise<void> {
  const change = paused
    ? { $addToSet: { 'value.videoIds': videoId } }
    : { $pull: { 'value.videoIds': videoId } }
  await SettingModel.updateOne({ _id: ID }, change, { upsert: paused })
}
