import { z } from 'zod'
import { getConfig } from '#lib/config'
import { SettingModel } from '#lib/db/models/setting'

/** What an administrator changes at run time; everything else comes from the environment. */
export const SettingChanges = z.strictObject({
  registration: z.enum(['open', 'closed']).optional(),
  originals: z.enum(['remove', 'keep']).optional(),
})
export type SettingChanges = z.output<typeof SettingChanges>

export interface Settings {
  /** Whether strangers may make themselves an account. */
  registration: 'open' | 'closed'
  /** What becomes of an original after its video was verified. */
  originals: 'remove' | 'keep'
}

/** The settings in force. What was never set, or is not a value any more, has its default. */
export async function getSettings(): Promise<Settings> {
  const defaults: Settings = { registration: 'closed', originals: getConfig().originals }
  const records = await SettingModel.find({}).lean()
  const stored = Object.fromEntries(records.map(({ _id, value }) => [_id, value]))
  return {
    registration:
      SettingChanges.shape.registration.catch(undefined).parse(stored.registration) ?? defaults.registration,
    originals: SettingChanges.shape.originals.catch(undefined).parse(stored.originals) ?? defaults.originals,
  }
}

/** Changes the given settings and returns all. Safe to call twice. */
export async function updateSettings(patch: SettingChanges): Promise<Settings> {
  for (const [name, value] of Object.entries(patch)) {
    if (value !== undefined)
      await SettingModel.updateOne({ _id: name }, { $set: { value } }, { upsert: true })
  }
  return getSettings()
}
