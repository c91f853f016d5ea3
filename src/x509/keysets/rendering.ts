import type { FileSpec } from '../../core/file-spec.ts'
import type { KeyVersion } from '../../core/keysets/document.ts'
import type { KeysetRecord, StoredKey } from '../../core/keysets/record.ts'

/** What a file of a keyset is made from. */
export interface Rendering {
  readonly spec: FileSpec
  readonly record: KeysetRecord
  /** In the order of `shownIn`. */
  readonly shown: readonly [Shown, ...Shown[]]
  /** What lies there now. */
  readonly standing: Buffer | undefined
}

export interface Shown {
  readonly version: KeyVersion
  readonly key: StoredKey
}
