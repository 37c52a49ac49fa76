import type { Query, Schema } from 'mongoose'

/**
 * A schema plugin: filters take no query operators unless a query says `sanitizeFilter: false`, as ours do where they
 * write operators themselves. So an object that came in where a text was expected can never widen a filter.
 * mongoose's own global setting does the same but cannot be lifted for one query: it wins over the query's option.
 */
export function sanitizeFilters(schema: Schema): void {
  schema.pre(
    [
      'find',
      'findOne',
      'findOneAndUpdate',
      'findOneAndDelete',
      'findOneAndReplace',
      'updateOne',
      'updateMany',
      'deleteOne',
      'deleteMany',
      'replaceOne',
      'countDocuments',
      'distinct',
    ],
    { query: true, document: false },
    function (this: Query<unknown, unknown>) {
      if (this.mongooseOptions().sanitizeFilter === undefined) this.setOptions({ sanitizeFilter: true })
    },
  )
}
