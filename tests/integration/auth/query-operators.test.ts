import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MODELS } from '#lib/db/models'
import { openAuthTest } from '../../support/auth-test.ts'

const { close } = await openAuthTest()
after(close)

for (const model of MODELS) {
  test(`a query operator that came in as a value finds nothing among ${model.modelName} records`, async () => {
    const smuggled = { _id: { $ne: 'x' } } as Record<string, unknown>
    await assert.rejects(model.find({ ...smuggled }), { name: 'CastError' })
    await assert.rejects(model.findOne({ ...smuggled }), { name: 'CastError' })
    await assert.rejects(model.exists({ ...smuggled }), { name: 'CastError' })
    await assert.rejects(model.updateMany({ ...smuggled }, { $set: { name: 'x' } }), { name: 'CastError' })
    await assert.rejects(model.deleteMany({ ...smuggled }), { name: 'CastError' })
    await assert.rejects(model.countDocuments({ ...smuggled }), { name: 'CastError' })
    await model.find({ ...smuggled }).setOptions({ sanitizeFilter: false })
  })
}
