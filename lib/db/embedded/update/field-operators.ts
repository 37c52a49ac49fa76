import { Int32, Long, Timestamp } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { ARRAY_OPERATORS } from '#lib/db/embedded/update/array-operators'
import type { FieldChange } from '#lib/db/embedded/update/change-at-path'
import { cloneValue } from '#lib/db/embedded/update/clone-value'
import { computeNumbers, toBigInt } from '#lib/db/embedded/values/arithmetic'
import { bsonClass, isDocument, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Makes the change one operator means for one field. @throws what MongoDB says of a bad argument */
export type BuildChange = (argument: unknown, path: string) => { change: FieldChange; creates: boolean }

export const FIELD_OPERATORS: Record<string, BuildChange> = {
  $set: (argument) => ({ creates: true, change: () => cloneValue(argument) }),
  $unset: () => ({ creates: false, change: () => MISSING }),
  $inc: (argument, path) => ({ creates: true, change: buildArithmetic('add', argument, path) }),
  $mul: (argument, path) => ({ creates: true, change: buildArithmetic('multiply', argument, path) }),
  $min: (argument) => ({ creates: true, change: buildExtreme(argument, (order) => order < 0) }),
  $max: (argument) => ({ creates: true, change: buildExtreme(argument, (order) => order > 0) }),
  $currentDate: (argument) => ({ creates: true, change: buildCurrentDate(argument) }),
  $bit: (argument, path) => ({ creates: true, change: buildBit(argument, path) }),
  ...ARRAY_OPERATORS,
}

function buildArithmetic(operation: 'add' | 'multiply', argument: unknown, path: string): FieldChange {
  const verb = operation === 'add' ? 'increment' : 'multiply'
  if (toNumber(argument) === null) {
    throw new MongoError(14, `Cannot ${verb} with non-numeric argument: {${path}: ${String(argument)}}`)
  }
  return (old) => {
    if (old === MISSING)
      return operation === 'add' ? argument : computeNumbers('multiply', argument, new Int32(0))
    if (toNumber(old) === null) {
      const operator = operation === 'add' ? '$inc' : '$mul'
      throw new MongoError(
        14,
        `Cannot apply ${operator} to a value of non-numeric type. The field '${path}' is of type ${bsonTypeName(old)}`,
      )
    }
    const result = computeNumbers(operation, old, argument)
    if (result === null)
      throw new MongoError(2, `Failed to apply ${verb}: integer overflow in the field '${path}'`)
    return result
  }
}

function buildExtreme(argument: unknown, wins: (order: number) => boolean): FieldChange {
  return (old) => (old === MISSING || wins(compareValues(argument, old)) ? cloneValue(argument) : old)
}

function buildCurrentDate(argument: unknown): FieldChange {
  const type = isDocument(argument) ? argument.$type : 'date'
  if ((typeof argument !== 'boolean' && !isDocument(argument)) || (type !== 'date' && type !== 'timestamp')) {
    throw new MongoError(
      2,
      "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
    )
  }
  if (type === 'date') return () => new Date()
  return () => new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 })
}

function buildBit(argument: unknown, path: string): FieldChange {
  const operations = isDocument(argument) ? Object.entries(argument) : []
  if (
    operations.length === 0 ||
    operations.some(([name, value]) => !isInteger(value) || !/^(and|or|xor)$/.test(name))
  ) {
    throw new MongoError(2, 'The $bit modifier takes {and|or|xor: <whole number>}')
  }
  return (old) => {
    const start = old === MISSING ? new Int32(0) : old
    if (!isInteger(start))
      throw new MongoError(2, `Cannot apply $bit to a value of non-integral type: ${path}`)
    return operations.reduce<unknown>((value, [name, operand]) => combineBits(name, value, operand), start)
  }
}

function combineBits(name: string, value: unknown, operand: unknown): unknown {
  const [left, right] = [toBigInt(value), toBigInt(operand)]
  const result = name === 'and' ? left & right : name === 'or' ? left | right : left ^ right
  const long = bsonClass(value) === 'Long' || bsonClass(operand) === 'Long'
  return long ? Long.fromBigInt(BigInt.asIntN(64, result)) : new Int32(Number(BigInt.asIntN(32, result)))
}

function isInteger(value: unknown): boolean {
  return (
    value !== null &&
    value !== undefined &&
    typeRank(value) === RANK.number &&
    (bsonClass(value) === 'Int32' || bsonClass(value) === 'Long')
  )
}
