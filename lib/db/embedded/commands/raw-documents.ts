/** Encoded documents that go into a reply as an array without being decoded and encoded again. */
export class RawDocuments {
  readonly documents: Uint8Array[] = []
  sizeBytes = 0

  get count(): number {
    return this.documents.length
  }

  add(document: Uint8Array): void {
    this.documents.push(document)
    this.sizeBytes += document.length
  }
}
