import { createStore } from './create-store'

export interface ToastMessage {
  id: number
  tone: 'good' | 'bad'
  text: string
  action?: ToastAction
}

/** What a toast offers to do about what it says. Throws what the API said when it could not. */
export interface ToastAction {
  label: string
  run(): Promise<void>
}

export const toastStore = createStore<ToastMessage[]>([])
let nextId = 1

/** Shows a short message in the corner for some seconds; screen readers hear it. */
export function showToast(tone: ToastMessage['tone'], text: string, action?: ToastAction): void {
  toastStore.set((toasts) => [...toasts.slice(-2), { id: nextId++, tone, text, action }])
}

export function dismissToast(id: number): void {
  toastStore.set((toasts) => toasts.filter((toast) => toast.id !== id))
}
