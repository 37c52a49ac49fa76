import assert from 'node:assert/strict'
import test from 'node:test'
import { BSON, Decimal128, type Document, Double, Int32, Long, ObjectId } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

/** Types of results, as MongoDB's manual gives them ("Aggregation Operators"; "NumberLong", "BSON Types"). */
const contract = openContract('expressions')

const int = (value: number) => new Int32(value)
const long = (value: number | string) => Long.fromString(String(value))
const double = (value: number) => new Double(value)
const decimal = (value: string) => Decimal128.fromString(value)

const INT_MAX = 2 ** 31 - 1
const LONG_MAX = '9223372036854775807'
const NOON = new Date('2026-01-31T12:00:00Z')
const ID = new ObjectId('65920080a1b2c3d4e5f60718')

const DOCUMENT = {
  _id: int(1),
  int: int(7),
  long: long(7),
  double: double(7),
  decimal: decimal('7.5'),
  max: int(INT_MAX),
  longMax: long(LONG_MAX),
  at: NOON,
  mixed: [int(1), long(2), double(3), decimal('4')],
  id: ID,
}

type Case = [expression: Document | string, expected: unknown]

/** Each expression's value for the document above, with its type. */
async function compute(cases: Case[]): Promise<void> {
  const collection = await contract.collect([DOCUMENT])
  const fields = Object.fromEntries(cases.map(([expression], i) => [`f${i}`, expression]))
  const options = { promoteValues: false, promoteLongs: false, promoteBuffers: false }
  const [found] = await collection.aggregate([{ $project: fields }], options).toArray()
  const write = (value: unknown) => BSON.EJSON.stringify({ value }, { relaxed: false })
  const wrong = cases.flatMap(([expression, expected], i) => {
    const value: unknown = found?.[`f${i}`]
    const what = `${BSON.EJSON.stringify(expression)}: ${write(value)}`
    return write(value) === write(expected) ? [] : [`${what} instead of ${write(expected)}`]
  })
  assert.deepEqual(wrong, [])
}

/** MongoDB's code; DocumentDB has codes of its own, so that it refuses is all that is asked of it. */
async function refuses(expression: Document, code: number): Promise<void> {
  const collection = await contract.collect([DOCUMENT])
  const run = collection.aggregate([{ $project: { f: expression } }]).toArray()
  await assert.rejects(run, contract.isEmbedded ? { code } : Error, BSON.EJSON.stringify(expression))
}

test('sums and products have the wider type of what goes in', () =>
  compute([
    [{ $add: ['$int', int(1)] }, int(8)],
    [{ $add: ['$int', '$long'] }, long(14)],
    [{ $add: ['$long', '$double'] }, double(14)],
    [{ $add: ['$int', '$decimal'] }, decimal('14.5')],
    [{ $multiply: ['$int', '$long'] }, long(49)],
    [{ $multiply: ['$int', '$double'] }, double(49)],
    [{ $subtract: ['$long', '$int'] }, long(0)],
    [{ $subtract: ['$decimal', '$int'] }, decimal('0.5')],
    [{ $add: ['$int', null] }, null],
    [{ $multiply: ['$nothing', '$int'] }, null],
  ]))

test('an int that overflows becomes a long, a long a double', () =>
  compute([
    [{ $add: ['$max', int(1)] }, long(INT_MAX + 1)],
    [{ $multiply: ['$max', '$max'] }, long('4611686014132420609')],
    [{ $subtract: [int(-INT_MAX), int(2)] }, long(-INT_MAX - 2)],
    [{ $add: ['$longMax', int(1)] }, double(2 ** 63)],
    [{ $abs: int(-(2 ** 31)) }, long(2 ** 31)],
  ]))

test('a quotient is a double or a Decimal128; a remainder keeps whole numbers whole', () =>
  compute([
    [{ $divide: ['$int', int(2)] }, double(3.5)],
    [{ $divide: ['$long', '$long'] }, double(1)],
    [{ $divide: [decimal('1'), int(3)] }, decimal('0.3333333333333333333333333333333333')],
    [{ $mod: ['$int', int(4)] }, int(3)],
    [{ $mod: [int(-7), int(4)] }, int(-3)],
    [{ $mod: ['$long', int(4)] }, long(3)],
    [{ $mod: ['$double', double(2.5)] }, double(2)],
  ]))

test('rounding keeps the type, and takes halves to the even neighbour', () =>
  compute([
    [{ $round: ['$int'] }, int(7)],
    [{ $round: [double(10.5)] }, double(10)],
    [{ $round: [double(11.5)] }, double(12)],
    [{ $round: [double(19.25), 1] }, double(19.2)],
    [{ $round: [long(1250), -2] }, long(1200)],
    [{ $round: [decimal('2.345'), 2] }, decimal('2.34')],
    [{ $trunc: [double(-7.8)] }, double(-7)],
    [{ $trunc: [decimal('7.89'), 1] }, decimal('7.8')],
    [{ $ceil: double(7.1) }, double(8)],
    [{ $floor: double(-7.1) }, double(-8)],
    [{ $floor: '$long' }, long(7)],
    [{ $abs: double(-2.5) }, double(2.5)],
    [{ $sqrt: int(9) }, double(3)],
    [{ $pow: [int(2), int(10)] }, int(1024)],
    [{ $pow: ['$long', int(2)] }, long(49)],
    [{ $pow: [int(2), int(-1)] }, double(0.5)],
  ]))

test('conversions give the type they name, and cut off what is behind the point', () =>
  compute([
    [{ $toInt: double(2.9) }, int(2)],
    [{ $toInt: decimal('-5.7') }, int(-5)],
    [{ $toInt: '-12' }, int(-12)],
    [{ $toInt: true }, int(1)],
    [{ $toInt: null }, null],
    [{ $toLong: '$int' }, long(7)],
    [{ $toLong: LONG_MAX }, long(LONG_MAX)],
    [{ $toLong: '$at' }, long(NOON.getTime())],
    [{ $toDouble: '$long' }, double(7)],
    [{ $toDouble: '-5.5' }, double(-5.5)],
    [{ $toDecimal: '$int' }, decimal('7')],
    [{ $toDecimal: '0.10' }, decimal('0.10')],
    [{ $toBool: int(0) }, false],
    [{ $toBool: 'false' }, true],
    [{ $toString: double(2.5) }, '2.5'],
    [{ $toString: '$longMax' }, LONG_MAX],
    [{ $toString: '$at' }, '2026-01-31T12:00:00.000Z'],
    [{ $toDate: long(0) }, new Date(0)],
    [{ $toDate: '2026-01-31' }, new Date('2026-01-31')],
    [{ $toObjectId: ID.toHexString() }, ID],
    [{ $convert: { input: 'x', to: 'int', onError: 'no' } }, 'no'],
    [{ $convert: { input: '$nothing', to: 'int', onNull: int(0) } }, int(0)],
    [{ $convert: { input: double(1.9), to: 18 } }, long(1)],
    [{ $type: '$long' }, 'long'],
    [{ $type: '$decimal' }, 'decimal'],
    [{ $type: '$nothing' }, 'missing'],
    [{ $isNumber: '$decimal' }, true],
    [{ $isNumber: '7' }, false],
  ]))

test('what cannot be converted or computed is refused, never guessed', async () => {
  await refuses({ $toInt: double(3e9) }, 241)
  await refuses({ $toInt: '3.5' }, 241)
  await refuses({ $toInt: '$at' }, 241)
  await refuses({ $toLong: 'x' }, 241)
  await refuses({ $toObjectId: 'zz' }, 241)
  await refuses({ $toDate: 'yesterday' }, 241)
  await refuses({ $divide: ['$int', 0] }, 2)
  await refuses({ $mod: ['$int', 0] }, 16610)
  await refuses({ $add: ['$int', 'x'] }, 14)
  await refuses({ $add: ['$at', '$at'] }, 16612)
})

test('values that only pass through an expression keep their types', () =>
  compute([
    [{ $arrayElemAt: ['$mixed', 1] }, long(2)],
    [{ $arrayElemAt: ['$mixed', -2] }, double(3)],
    [{ $slice: ['$mixed', 2] }, [int(1), long(2)]],
    [{ $concatArrays: ['$mixed', ['$double']] }, [...DOCUMENT.mixed, double(7)]],
    [{ $reverseArray: '$mixed' }, DOCUMENT.mixed.toReversed()],
    [{ $filter: { input: '$mixed', as: 'n', cond: { $gt: ['$$n', 2] } } }, [double(3), decimal('4')]],
    [{ $map: { input: '$mixed', as: 'n', in: '$$n' } }, DOCUMENT.mixed],
    [{ $map: { input: ['$int', '$long'], as: 'n', in: { $add: ['$$n', 1] } } }, [int(8), long(8)]],
    [
      { $reduce: { input: '$mixed', initialValue: 0, in: { $add: ['$$value', '$$this'] } } },
      decimal('10.00000000000000'),
    ],
    [{ $let: { vars: { x: '$long' }, in: { $multiply: ['$$x', 2] } } }, long(14)],
    [{ $cond: [true, '$double', 0] }, double(7)],
    [{ $ifNull: ['$nothing', '$long'] }, long(7)],
    // biome-ignore lint/suspicious/noThenProperty: MongoDB calls it so
    [{ $switch: { branches: [{ case: { $eq: ['$int', '$long'] }, then: '$decimal' }] } }, decimal('7.5')],
    [{ $mergeObjects: [{ a: '$int' }, { b: '$long' }] }, { a: int(7), b: long(7) }],
    [{ $objectToArray: { a: '$long' } }, [{ k: 'a', v: long(7) }]],
    [{ $arrayToObject: [[['a', '$double']]] }, { a: double(7) }],
    [{ $size: '$mixed' }, int(4)],
    [{ $indexOfArray: ['$mixed', 3] }, int(2)],
    [{ $in: [double(1), '$mixed'] }, true],
    [{ $setUnion: [['$int'], ['$long']] }, [int(7)]],
    [{ $max: ['$int', '$decimal'] }, decimal('7.5')],
    [{ $strLenCP: 'häh' }, int(3)],
    [{ $concat: ['$$ROOT.nothing', 'x'] }, null],
    [{ $toUpper: { $concat: ['a', { $toString: '$long' }] } }, 'A7'],
  ]))

test('dates move by milliseconds and by units; their distance is a long', () =>
  compute([
    [{ $add: ['$at', 1500] }, new Date(NOON.getTime() + 1500)],
    [{ $subtract: ['$at', long(1000)] }, new Date(NOON.getTime() - 1000)],
    [{ $subtract: ['$at', new Date(NOON.getTime() - 5)] }, long(5)],
    [{ $dateAdd: { startDate: '$at', unit: 'month', amount: 1 } }, new Date('2026-02-28T12:00:00Z')],
    [{ $dateSubtract: { startDate: '$at', unit: 'day', amount: 31 } }, new Date('2025-12-31T12:00:00Z')],
    [{ $dateDiff: { startDate: '$at', endDate: new Date('2026-02-01T00:00:00Z'), unit: 'month' } }, long(1)],
    [{ $dateDiff: { startDate: '$at', endDate: new Date('2026-02-01T00:00:00Z'), unit: 'day' } }, long(1)],
    [{ $year: '$at' }, int(2026)],
    [{ $dayOfYear: '$at' }, int(31)],
    [{ $hour: { date: '$at', timezone: '+05:30' } }, int(17)],
    [{ $hour: { date: '$at', timezone: 'America/New_York' } }, int(7)],
    [{ $isoWeek: new Date('2027-01-01') }, int(53)],
    [{ $dayOfWeek: '$at' }, int(7)],
    [{ $week: new Date('2026-01-04') }, int(1)],
    [{ $dateToString: { date: '$at', format: '%Y-%m-%d' } }, '2026-01-31'],
  ]))

test('groups keep the types of what they add up', async () => {
  const collection = await contract.collect([
    { k: 'int', n: int(INT_MAX) },
    { k: 'int', n: int(1) },
    { k: 'long', n: long(1) },
    { k: 'long', n: int(2) },
    { k: 'double', n: double(0.5) },
    { k: 'double', n: long(2) },
    { k: 'decimal', n: decimal('0.1') },
    { k: 'decimal', n: int(2) },
  ])
  const group = { _id: '$k', sum: { $sum: '$n' }, avg: { $avg: '$n' }, max: { $max: '$n' } }
  const options = { promoteValues: false, promoteLongs: false }
  const found = await collection.aggregate([{ $group: group }, { $sort: { _id: 1 } }], options).toArray()
  // MongoDB's average of numbers among which is a Decimal128 is one; DocumentDB's is a double.
  const avg = contract.isEmbedded ? decimal('1.05') : double(1.05)
  const expected = [
    { _id: 'decimal', sum: decimal('2.1'), avg, max: int(2) },
    { _id: 'double', sum: double(2.5), avg: double(1.25), max: long(2) },
    { _id: 'int', sum: long(INT_MAX + 1), avg: double(2 ** 30), max: int(INT_MAX) },
    { _id: 'long', sum: long(3), avg: double(1.5), max: int(2) },
  ]
  const write = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false })
  assert.equal(write(found), write(expected))
})

test('$inc of an int goes on as a long where an int is too small, and of a long is refused', async () => {
  const collection = await contract.collect([{ _id: 1 as never, int: int(INT_MAX), long: long(LONG_MAX) }])
  await collection.updateOne({}, { $inc: { int: int(1) } })
  await assert.rejects(collection.updateOne({}, { $inc: { long: int(1) } }), { code: 2 })
  await collection.updateOne({}, [{ $set: { sum: { $add: ['$int', int(1)] } } }])
  const [found] = await collection.find({}, { promoteLongs: false }).toArray()
  const expected = { _id: 1, int: long(INT_MAX + 1), long: long(LONG_MAX), sum: long(INT_MAX + 2) }
  assert.deepEqual(found, expected)
})
