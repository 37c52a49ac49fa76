import { createStore } from './create-store'

export interface ToastMessage {
  id: number
  tone: 'good' | 'bad'
  text: string
}

export const toastStore = createStore<ToastMessage[]>([])
let nextId = 1

/** Shows a short message in the corner for some seconds; screen readers hear it. */
export function showToast(tone: ToastMessage['tone'], text: string): void {
  toastStore.set((toasts) => [...toasts.slice(-2), { id: nextId++, tone, text }])
}

export function dismissToast(id: number): void {
  toastStore.set((toasts) => toasts.filter((toast) => toast.id !== id))
}
