import { z } from 'zod'
import { RoleUploadLimits } from '#lib/auth/upload-limits'
import { getConfig } from '#lib/config'
import { SettingModel } from '#lib/db/models/setting'

const count = (max: number) => {
  const message = `Give a whole number from 0 to ${max}.`
  return z.int(message).min(0, message).max(max, message)
}

const SettingsSchema = z.strictObject({
  /** Whether strangers may make themselves an account. */
  registration: z.enum(['open', 'closed']),
  /** What becomes of an original after its video was verified. */
  originals: z.enum(['remove', 'keep']),
  /** Days that a deleted video lies in the bin; 0 erases it at once. */
  binDays: count(3650),
  /** Of how many of the last hours, days, weeks and months a snapshot is kept. */
  snapshotsHourly: count(1000),
  snapshotsDaily: count(1000),
  snapshotsWeekly: count(1000),
  snapshotsMonthly: count(1000),
  /** With less free than this many GiB, snapshots that alone hold an old version go before their time. */
  snapshotFloorGib: count(1_000_000),
  /** Every so many days each video is read whole and compared with its manifest; 0 is only when asked. */
  verifyDays: count(3650),
  /** Megabytes a second that this may read; 0 is no limit. */
  verifyMbps: count(100_000),
  /** Every so many days Btrfs reads all of its disks and repairs what it can; 0 is only when asked. */
  scrubDays: count(3650),
  /** With less than this many MiB free no video is encoded and no upload begun; 0 is half of PEEKR_RESERVE. */
  lowWaterMib: count(1_000_000_000),
  /** What one account may upload, by its role. */
  uploadLimits: RoleUploadLimits,
})
/** The settings in force. */
export type Settings = z.output<typeof SettingsSchema>

/** What an administrator changes at run time; everything else comes from the environment. */
export const SettingChanges = SettingsSchema.partial()
export type SettingChanges = z.output<typeof SettingChanges>

function getDefaults(): Settings {
  return {
    registration: 'closed',
    originals: getConfig().originals,
    binDays: 30,
    snapshotsHourly: 24,
    snapshotsDaily: 7,
    snapshotsWeekly: 4,
    snapshotsMonthly: 6,
    snapshotFloorGib: 5,
    verifyDays: 30,
    verifyMbps: 20,
    scrubDays: 30,
    lowWaterMib: 0,
    uploadLimits: {},
  }
}

/** The settings in force. What was never set, or is not a value any more, has its default. */
export async function getSettings(): Promise<Settings> {
  const records = await SettingModel.find({}).lean()
  const valid = records.flatMap(({ _id, value }) => {
    const change = SettingChanges.safeParse({ [_id]: value })
    return change.success ? [change.data] : []
  })
  return Object.assign(getDefaults(), ...valid)
}

/** Changes the given settings and returns all. Safe to call twice. */
export async function updateSettings(patch: SettingChanges): Promise<Settings> {
  for (const [name, value] of Object.entries(patch)) {
    if (value !== undefined)
      await SettingModel.updateOne({ _id: name }, { $set: { value } }, { upsert: true })
  }
  return getSettings()
}
