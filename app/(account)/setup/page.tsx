import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { isSetupNeeded } from '#lib/auth/setup'
import { AuthCard } from '../../_components/account/auth-card'
import { RegisterForm } from '../../_components/account/register-form'

export const metadata: Metadata = { title: 'Welcome' }

export default async function SetupPage() {
  if (!(await isSetupNeeded())) redirect('/')
  return (
    <AuthCard
      title="Welcome to Peekr"
      lead={
        <p>
          Make the administrator’s account. The terminal where Peekr was started shows a{' '}
          <code>Setup code</code>, so that only whoever runs this server can do this.
        </p>
      }
    >
      <RegisterForm withCode />
    </AuthCard>
  )
}
