import { createStore } from '../controls/create-store'
import type { UploadItem } from './upload-item'

/** All uploads of this browser tab. They go on while one moves from page to page. */
export const uploadStore = createStore<UploadItem[]>([])

export function findUpload(key: string): UploadItem | undefined {
  return uploadStore.get().find((item) => item.key === key)
}

export function changeUpload(key: string, change: Partial<UploadItem>): void {
  uploadStore.set((items) => items.map((item) => (item.key === key ? { ...item, ...change } : item)))
}

export function removeUpload(key: string): void {
  uploadStore.set((items) => items.filter((item) => item.key !== key))
}
