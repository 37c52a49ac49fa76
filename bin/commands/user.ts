import { type Command, Option } from 'commander'
import { z } from 'zod'
import { listUsers } from '#lib/admin/users'
import { updateUser } from '#lib/admin/users-update'
import { Email, NewPassword, UserBody } from '#lib/auth/account-schema'
import { createApiToken } from '#lib/auth/api-tokens'
import { createUser } from '#lib/auth/create-user'
import { getUserByEmail } from '#lib/auth/get-user'
import { presentUser } from '#lib/auth/present-user'
import { resetPassword } from '#lib/auth/reset-password'
import { finishSetup } from '#lib/auth/setup'
import { ROLES } from '#lib/domain/permissions'
import { parseOptions } from './parse-options.ts'
import { readPassword } from './read-password.ts'
import { withDatabase } from './with-database.ts'

interface CreateOptions {
  email: string
  name: string
  role: string
  token?: boolean
  json?: boolean
}

interface AccountOptions {
  email: string
  json?: boolean
}

/** `peekr user …`: accounts, before and while the server runs. */
export function registerUserCommands(program: Command): void {
  const user = program.command('user').description('accounts')
  user
    .command('create')
    .description('make an account; the first one finishes setup')
    .requiredOption('--email <address>', 'the address to sign in with')
    .requiredOption('--name <name>', 'the name others see')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .requiredOption('--password-stdin', 'read the password from standard input, as one line')
    .option('--token', 'also make a token with every scope of the role; the last line printed is the token')
    .option('--json', 'print JSON')
    .action(createAccount)
  user.command('list').description('list the accounts').option('--json', 'print JSON').action(printAccounts)
  for (const [name, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    user
      .command(name)
      .description(
        disabled ? 'end all sessions of an account and let it in no more' : 'let an account in again',
      )
      .requiredOption('--email <address>', 'whose account')
      .option('--json', 'print JSON')
      .action((options: AccountOptions) => setDisabled(options, disabled))
  }
  user
    .command('password')
    .description('set a new password, which ends all sessions of the account')
    .requiredOption('--email <address>', 'whose account')
    .requiredOption('--password-stdin', 'read the password from standard input, as one line')
    .option('--json', 'print JSON')
    .action(setPassword)
}

async function createAccount(options: CreateOptions): Promise<void> {
  const { email, name, role } = options
  const account = parseOptions(UserBody, { email, name, role, password: await readPassword() })
  await withDatabase(async () => {
    const user = await createUser(account)
    await finishSetup()
    const made = options.token
      ? await createApiToken({ userId: user._id, name: 'Made with peekr user create' })
      : null
    if (options.json) return print({ ...presentUser(user), ...(made && { token: made.token }) })
    console.log(`${user.email} may sign in now, as ${user.role}.`)
    if (made) console.log(made.token)
  })
}

async function printAccounts({ json }: { json?: boolean }): Promise<void> {
  await withDatabase(async () => {
    let cursor: string | undefined
    do {
      const page = await listUsers({ limit: 100, ...(cursor && { cursor }) })
      for (const user of page.items) {
        if (json) print(user)
        else
          console.log([user.email, user.role, user.disabledAt ? 'disabled' : 'enabled', user.name].join('\t'))
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  })
}

async function setDisabled({ json, ...given }: AccountOptions, disabled: boolean): Promise<void> {
  const { email } = parseOptions(z.object({ email: Email }), given)
  await withDatabase(async () => {
    const { _id } = await getUserByEmail(email)
    const user = await updateUser(_id, { disabled })
    if (json) print(presentUser(user))
    else
      console.log(
        disabled ? `${email} is disabled. Its sessions and tokens are over.` : `${email} may sign in again.`,
      )
  })
}

async function setPassword({ json, ...given }: AccountOptions): Promise<void> {
  const { email, password } = parseOptions(z.object({ email: Email, password: NewPassword }), {
    ...given,
    password: await readPassword(),
  })
  await withDatabase(async () => {
    const user = await resetPassword(email, password)
    if (json) print(presentUser(user))
    else console.log(`${email} has a new password. All its sessions are over.`)
  })
}

/** One JSON object a line. */
function print(data: unknown): void {
  console.log(JSON.stringify(data))
}
