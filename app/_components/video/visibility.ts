import type { Visibility } from '#lib/domain/video'
import type { IconName } from '../controls/icon'

/** How each visibility is named, drawn and explained, everywhere the same. */
export const VISIBILITY_LOOKS: Record<Visibility, { label: string; icon: IconName; explanation: string }> = {
  private: { label: 'Private', icon: 'lock', explanation: 'Only you and administrators can see it.' },
  people: {
    label: 'Named people',
    icon: 'users',
    explanation: 'Only the accounts you name can find and watch it.',
  },
  password: {
    label: 'Password',
    icon: 'key',
    explanation: 'Anyone with the link and the password can watch it; it is in no list.',
  },
  unlisted: {
    label: 'Unlisted',
    icon: 'link',
    explanation: 'Anyone with the link can watch it; it is in no list.',
  },
  public: {
    label: 'Public',
    icon: 'globe',
    explanation: 'Everyone who can reach this server can find and watch it.',
  },
}
