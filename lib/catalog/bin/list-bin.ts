import { z } from 'zod'
import { buildBinFilter } from '#lib/db/bin-filters'
import { UserModel } from '#lib/db/models/user'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import type { BinItem, BinPage } from '#lib/domain/bin-view'
import { isId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'

/** The query string of both bins. */
export const BinQuery = z.strictObject({
  cursor: z.string().max(60).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})

/**
 * A page of one owner's bin, or of everybody's, last deleted first. The caller has checked who asks.
 * @throws invalid_input for a cursor that is not one of ours.
 */
export async function listBin(
  of: { ownerId: string } | 'everybody',
  { cursor, limit }: z.infer<typeof BinQuery>,
): Promise<BinPage> {
  const conditions = [
    buildBinFilter(await getServerTime()),
    of === 'everybody' ? {} : { ownerId: of.ownerId },
    cursor === undefined ? {} : parseCursor(cursor),
  ]
  const records = await VideoModel.find({ $and: conditions })
    .sort({ deletedAt: -1, _id: 1 })
    .limit(limit + 1)
    .setOptions({ sanitizeFilter: false })
    .lean()
  const items = records.slice(0, limit)
  const last = items.at(-1)
  return {
    items: await presentItems(items),
    nextCursor:
      records.length > limit && last !== undefined ? `${last.deletedAt?.getTime()}.${last._id}` : null,
  }
}

async function presentItems(records: VideoRecord[]): Promise<BinItem[]> {
  const ownerIds = [...new Set(records.map(({ ownerId }) => ownerId))]
  const owners = await UserModel.find({ _id: { $in: ownerIds } }, { name: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const names = new Map(owners.map(({ _id, name }) => [_id, name]))
  return records.flatMap(({ _id, title, ownerId, durationSeconds, source, deletedAt, eraseAt }) => {
    if (deletedAt === null || eraseAt === null) return []
    return {
      id: _id,
      title,
      owner: { id: ownerId, name: names.get(ownerId) ?? 'Deleted user' },
      durationSeconds,
      sizeBytes: source.sizeBytes,
      deletedAt: deletedAt.toISOString(),
      eraseAt: eraseAt.toISOString(),
    }
  })
}

function parseCursor(cursor: string): Record<string, unknown> {
  const [time = '', id = ''] = cursor.split('.')
  if (!/^\d{1,15}$/.test(time) || !isId(id)) {
    throw new PeekrError('invalid_input', {
      message: 'This page mark is not valid. Start again from the first page.',
    })
  }
  const deletedAt = new Date(Number(time))
  return { $or: [{ deletedAt: { $lt: deletedAt } }, { deletedAt, _id: { $gt: id } }] }
}
