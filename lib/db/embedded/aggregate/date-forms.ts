import type { ObjectId, Timestamp } from 'bson'
import { Int32, Long } from 'bson'
import { type Compile, type Evaluate, requireFields } from '#lib/db/embedded/aggregate/expression-form'
import { isNothing } from '#lib/db/embedded/aggregate/operator'
import { fromLocal, toLocal } from '#lib/db/embedded/aggregate/time-zone'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { bsonClass, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

const DAY_MS = 86_400_000

/** Parts of a date (manual, "Date Expression Operators"); weeks of `$week` begin on Sunday, ISO weeks on Monday. */
const PARTS: Record<string, (local: Date) => Int32 | Long> = {
  $year: (local) => new Int32(local.getUTCFullYear()),
  $month: (local) => new Int32(local.getUTCMonth() + 1),
  $dayOfMonth: (local) => new Int32(local.getUTCDate()),
  $dayOfYear: (local) => new Int32(findDayOfYear(local)),
  $dayOfWeek: (local) => new Int32(local.getUTCDay() + 1),
  $isoDayOfWeek: (local) => new Int32(local.getUTCDay() || 7),
  $week: (local) => new Int32(Math.floor((findDayOfYear(local) + 6 - local.getUTCDay()) / 7)),
  $isoWeek: (local) => new Int32(Math.ceil(findDayOfYear(findThursday(local)) / 7)),
  $isoWeekYear: (local) => Long.fromNumber(findThursday(local).getUTCFullYear()),
  $hour: (local) => new Int32(local.getUTCHours()),
  $minute: (local) => new Int32(local.getUTCMinutes()),
  $second: (local) => new Int32(local.getUTCSeconds()),
  $millisecond: (local) => new Int32(local.getUTCMilliseconds()),
}

export const DATE_FORMS: Record<string, (argument: unknown, compile: Compile) => Evaluate> = {
  ...Object.fromEntries(
    Object.entries(PARTS).map(([name, find]) => [
      name,
      (argument: unknown, compile: Compile) => compilePart(name, find, argument, compile),
    ]),
  ),
  $dateAdd: (argument, compile) => compileMove('$dateAdd', 1, argument, compile),
  $dateSubtract: (argument, compile) => compileMove('$dateSubtract', -1, argument, compile),
  $dateDiff(argument, compile) {
    const optional = ['timezone', 'startOfWeek']
    const fields = requireFields('$dateDiff', argument, ['startDate', 'endDate', 'unit'], optional)
    const { timezone = 'UTC', startOfWeek = 'sunday' } = fields
    const given = [fields.startDate, fields.endDate, fields.unit, timezone, startOfWeek].map(compile)
    return (root, variables) => {
      const values = given.map((evaluate) => evaluate(root, variables))
      if (values.some(isNothing)) return null
      const [start, end, unit, zone, firstDay] = values
      const [from, to] = [start, end].map((date) => toLocal(requireDate('$dateDiff', date), String(zone)))
      return Long.fromNumber(
        countUnits(requireUnit(unit), String(firstDay), to as Date) -
          countUnits(requireUnit(unit), String(firstDay), from as Date),
      )
    }
  },
}

function compilePart(
  name: string,
  find: (local: Date) => Int32 | Long,
  argument: unknown,
  compile: Compile,
): Evaluate {
  const [only] = Array.isArray(argument) && argument.length === 1 ? argument : [argument]
  const named = isDocument(only) && Object.hasOwn(only, 'date') ? only : { date: only }
  const { date, timezone = 'UTC' } = requireFields(name, named, ['date'], ['timezone'])
  const [findDate, findZone] = [compile(date), compile(timezone)]
  return (root, variables) => {
    const [value, zone] = [findDate(root, variables), findZone(root, variables)]
    if (isNothing(value) || isNothing(zone)) return null
    return find(toLocal(requireDate(name, value), String(zone)))
  }
}

/** Months keep the day, or take the last one there is. */
function compileMove(name: string, sign: 1 | -1, argument: unknown, compile: Compile): Evaluate {
  const fields = requireFields(name, argument, ['startDate', 'unit', 'amount'], ['timezone'])
  const { timezone = 'UTC' } = fields
  const given = [fields.startDate, fields.unit, fields.amount, timezone].map(compile)
  return (root, variables) => {
    const values = given.map((evaluate) => evaluate(root, variables))
    if (values.some(isNothing)) return null
    const [start, unit, amount, zone] = values
    const count = toNumber(amount)
    if (count === null || !Number.isInteger(count))
      throw new MongoError(5166405, `${name} expects integer amount of time units`)
    const date = requireDate(name, start)
    const { months = 0, ms = 0 } = UNITS[requireUnit(unit)] ?? {}
    if (ms > 0 && ms < DAY_MS) return requireValid(new Date(date.getTime() + sign * count * ms))
    const local = toLocal(date, String(zone))
    const moved =
      months > 0 ? addMonths(local, sign * count * months) : new Date(local.getTime() + sign * count * ms)
    return requireValid(fromLocal(requireValid(moved), String(zone)))
  }
}

const UNITS: Record<string, { months?: number; ms?: number }> = {
  year: { months: 12 },
  quarter: { months: 3 },
  month: { months: 1 },
  week: { ms: 7 * DAY_MS },
  day: { ms: DAY_MS },
  hour: { ms: 3_600_000 },
  minute: { ms: 60_000 },
  second: { ms: 1000 },
  millisecond: { ms: 1 },
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** How many whole units lie before a moment, since some fixed one: the difference of two is how many began between. */
function countUnits(unit: string, firstDay: string, local: Date): number {
  const { months, ms = 1 } = UNITS[unit] ?? {}
  if (months) return Math.floor((local.getUTCFullYear() * 12 + local.getUTCMonth()) / months)
  if (unit !== 'week') return Math.floor(local.getTime() / ms)
  const first = DAYS.indexOf(firstDay.toLowerCase().slice(0, 3))
  if (first === -1) throw new MongoError(5439015, `$dateDiff: '${firstDay}' is not a day of the week`)
  // Day 0, 1 January 1970, was a Thursday.
  return Math.floor((Math.floor(local.getTime() / DAY_MS) + 3 - first) / 7)
}

function addMonths(local: Date, months: number): Date {
  const target = new Date(local)
  target.setUTCDate(1)
  target.setUTCMonth(target.getUTCMonth() + months)
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate()
  target.setUTCDate(Math.min(local.getUTCDate(), last))
  return target
}

function findDayOfYear(local: Date): number {
  const start = Date.UTC(local.getUTCFullYear(), 0, 1)
  return Math.floor((local.getTime() - start) / DAY_MS) + 1
}

/** The Thursday of its ISO week decides the week's year. */
function findThursday(local: Date): Date {
  return new Date(local.getTime() + (4 - (local.getUTCDay() || 7)) * DAY_MS)
}

function requireUnit(unit: unknown): string {
  if (typeof unit === 'string' && Object.hasOwn(UNITS, unit)) return unit
  throw new MongoError(9, `unknown time unit value: ${String(unit)}`)
}

/** @throws 16006 for what is no date, timestamp or ObjectId */
function requireDate(name: string, value: unknown): Date {
  if (value instanceof Date) return value
  if (bsonClass(value) === 'ObjectId') return (value as ObjectId).getTimestamp()
  if (bsonClass(value) === 'Timestamp') return new Date((value as Timestamp).t * 1000)
  throw new MongoError(16006, `can't convert from BSON type ${bsonTypeName(value)} to Date in ${name}`)
}

function requireValid(date: Date): Date {
  if (Number.isNaN(date.getTime())) throw new MongoError(15, 'date overflow')
  return date
}
