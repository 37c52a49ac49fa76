import { TextField } from '../controls/field'

/** Name, address and password of an account to be. */
export function NewAccountFields({ fields }: { fields: Record<string, string> }) {
  return (
    <>
      <TextField label="Name" name="name" autoComplete="name" required maxLength={100} error={fields.name} />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        maxLength={254}
        error={fields.email}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={PASSWORD_LENGTH_MIN}
        maxLength={200}
        hint={`At least ${PASSWORD_LENGTH_MIN} characters. A few words in a row are easy to remember and hard to guess.`}
        error={fields.password}
      />
    </>
  )
}

/** The server has the last word; this only spares a round trip. */
export const PASSWORD_LENGTH_MIN = 8
