import type { Command } from 'commander'
import { z } from 'zod'
import { Email, TokenBody } from '#lib/auth/account-schema'
import { createApiToken, listApiTokens, revokeApiToken } from '#lib/auth/api-tokens'
import { getUserByEmail } from '#lib/auth/get-user'
import { SCOPES } from '#lib/domain/permissions'
import { parseOptions } from './parse-options.ts'
import { withDatabase } from './with-database.ts'

interface CreateOptions {
  email: string
  name: string
  scopes?: string
  expiresInDays?: string
  json?: boolean
}

interface OwnerOptions {
  email: string
  json?: boolean
}

const CreateSchema = TokenBody.extend({
  email: Email,
  expiresInDays: z.coerce.number().int().min(1).max(3650).optional(),
})
const OwnerSchema = z.object({ email: Email })

/** `peekr token …`: tokens for scripts, before and while the server runs. */
export function registerTokenCommands(program: Command): void {
  const token = program.command('token').description('API tokens')
  token
    .command('create')
    .description('make a token; it is the last line printed, and is never shown again')
    .requiredOption('--email <address>', 'whose token it is')
    .option('--name <name>', 'what it is for', 'Made with peekr token create')
    .option('--scopes <list>', `comma-separated, of ${SCOPES.join(', ')} (default: all of the role)`)
    .option('--expires-in-days <days>', 'when it ends (default: never)')
    .option('--json', 'print JSON')
    .action(createToken)
  token
    .command('list')
    .description('list the tokens of an account')
    .requiredOption('--email <address>', 'whose tokens')
    .option('--json', 'print JSON')
    .action(printTokens)
  token
    .command('revoke <id>')
    .description('end a token at once')
    .requiredOption('--email <address>', 'whose token it is')
    .option('--json', 'print JSON')
    .action(revokeToken)
}

async function createToken({ json, scopes, ...given }: CreateOptions): Promise<void> {
  const list = scopes?.split(',').map((scope) => scope.trim())
  const { email, ...wanted } = parseOptions(CreateSchema, { ...given, scopes: list })
  await withDatabase(async () => {
    const { _id: userId } = await getUserByEmail(email)
    const { token, view } = await createApiToken({ ...wanted, userId })
    if (json) return console.log(JSON.stringify({ ...view, token }))
    console.log(`A token of ${email} for ${view.scopes.join(', ')}. Keep it: it is not shown again.`)
    console.log(token)
  })
}

async function printTokens({ json, ...given }: OwnerOptions): Promise<void> {
  const { email } = parseOptions(OwnerSchema, given)
  await withDatabase(async () => {
    const { _id: userId } = await getUserByEmail(email)
    for (const view of await listApiTokens(userId)) {
      const line = [
        view.id,
        view.name,
        view.scopes.join(','),
        `used ${view.lastUsedAt ?? 'never'}`,
        `ends ${view.expiresAt ?? 'never'}`,
      ]
      console.log(json ? JSON.stringify(view) : line.join('\t'))
    }
  })
}

async function revokeToken(id: string, { json, ...given }: OwnerOptions): Promise<void> {
  const { email } = parseOptions(OwnerSchema, given)
  await withDatabase(async () => {
    const { _id: userId } = await getUserByEmail(email)
    await revokeApiToken(userId, id)
    console.log(json ? JSON.stringify({ id, revoked: true }) : 'This token is over.')
  })
}
