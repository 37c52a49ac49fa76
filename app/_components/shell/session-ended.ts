import { createStore } from '../controls/create-store'

/** Whether an answer has said that the session this page was made for is over. */
export const sessionEndedStore = createStore(false)

/** The way to sign in and back to where one is now. */
export function signInHere(): string {
  return `/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`
}
