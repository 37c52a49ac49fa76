import { type ZodType, z } from 'zod'
import { OPERATIONS, type Operation } from '#lib/openapi/operations'
import packageJson from '../../package.json' with { type: 'json' }

const ErrorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    requestId: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
  }),
})

/** The REST API as an OpenAPI 3.1 document, made from the schemas that the handlers check with. */
export function buildOpenapi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Peekr',
      version: packageJson.version,
      description:
        'Videos are uploaded with the tus protocol 1.0 at /api/uploads (metadata: filename, title, visibility); ' +
        'the creation answers with `Location` and `Peekr-Video-Id`.',
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'next-auth.session-token' },
      },
    },
    paths,
  }
}

function describeOperation(operation: Operation): Record<string, unknown> {
  const { summary, scope, query, body, status, answer } = operation
  return {
    summary: scope === null ? summary : `${summary} Scope: ${scope}.`,
    security: scope === null ? [{}, { token: [] }, { session: [] }] : [{ token: [] }, { session: [] }],
    parameters: [...describePath(operation.path), ...(query === undefined ? [] : describeQuery(query))],
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body, 'input') } }),
    responses: {
      [status]: {
        description: 'Done.',
        ...(answer === undefined ? {} : { content: json(answer, 'output') }),
      },
      default: { description: 'An error, in a sentence.', content: json(ErrorSchema, 'output') },
    },
  }
}

function describePath(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function describeQuery(query: ZodType): object[] {
  const { properties = {}, required = [] } = toJsonSchema(query, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function json(schema: ZodType, io: 'input' | 'output'): object {
  return { 'application/json': { schema: toJsonSchema(schema, io) } }
}

function toJsonSchema(schema: ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
