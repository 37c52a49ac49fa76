import { MongoError } from '#lib/db/embedded/mongo-error'

/**
 * How far a time zone is ahead of UTC at a moment: an Olson name, `UTC`, or an offset such as `+05:30`, `-03`.
 * @throws 40485 for a name that is not known
 */
function findOffsetMs(zone: string, at: Date): number {
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0
  const offset = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(zone)
  if (offset) {
    const [, sign, hours, minutes = '0'] = offset
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
  const parts = Object.fromEntries(
    getFormat(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const { year, month, day, hour, minute, second } = parts
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  return local - Math.floor(at.getTime() / 1000) * 1000
}

/** A moment whose UTC parts are the parts of `at` in the zone. */
export function toLocal(at: Date, zone: string): Date {
  return new Date(at.getTime() + findOffsetMs(zone, at))
}

/** The moment whose parts in the zone are the UTC parts of `local`. */
export function fromLocal(local: Date, zone: string): Date {
  const near = new Date(local.getTime() - findOffsetMs(zone, local))
  return new Date(local.getTime() - findOffsetMs(zone, near))
}

const formats = new Map<string, Intl.DateTimeFormat>()
const FORMATS_MAX = 50

function getFormat(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  try {
    const parts = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const times = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    const format = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', ...parts, ...times })
    if (formats.size >= FORMATS_MAX) formats.clear()
    formats.set(timeZone, format)
    return format
  } catch {
    throw new MongoError(40485, `unrecognized time zone identifier: "${timeZone}"`)
  }
}
