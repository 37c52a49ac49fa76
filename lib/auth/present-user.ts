import type { UserRecord } from '#lib/db/models/user'
import type { Role } from '#lib/domain/permissions'

/** An account as its owner and administrators see it. Times are ISO 8601. */
export interface UserView {
  id: string
  email: string
  name: string
  role: Role
  createdAt: string
  disabledAt: string | null
}

/** Names each field, so that nothing added to the record is shown by accident. */
export function presentUser(user: UserRecord): UserView {
  return {
    id: user._id,
    email: user.email,
    name: user.name,
    role: user.role,
    createdAt: user.createdAt.toISOString(),
    disabledAt: user.disabledAt?.toISOString() ?? null,
  }
}
