import { DetailedError, Upload as NodeUpload, type UploadOptions } from 'tus-js-client'

export { DetailedError }

/** What the page gives tus-js-client is a File, which its build for Node does not read. */
const fileReader = {
  async openFile(input: Blob | Buffer) {
    const bytes = Buffer.isBuffer(input) ? input : Buffer.from(await input.arrayBuffer())
    return {
      size: bytes.length,
      close() {},
      async slice(start: number, end: number) {
        const value = bytes.subarray(start, Math.min(end, bytes.length))
        return { value: Object.assign(value, { size: value.length }), done: end >= bytes.length }
      },
    }
  },
}

/** tus-js-client as the upload page uses it, for the page's modules in Node; see page-in-node.ts. */
export class Upload extends NodeUpload {
  constructor(file: File, options: UploadOptions) {
    super(file as never, { ...options, fileReader } as never)
  }
}
