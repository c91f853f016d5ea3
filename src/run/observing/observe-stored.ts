/** The files of a secret or a keyset as they are on disk, beside what keyroller remembers of having written them. */
import { stampOf } from '../../core/deciding/stored-files.ts'
import type { KeysetOnDisk, SecretFacts } from '../../core/facts.ts'
import { concreteFiles } from '../../core/keysets/files.ts'
import type { Keyset, Secret } from '../../core/material.ts'
import type { KeysetMemory, SecretMemory } from '../../core/memory.ts'
import {
  fileFacts,
  type JudgeContent,
  type Reach,
  type Reading,
  readingsOf,
  type SeenFiles,
} from './observe-files.ts'

export interface ObservedSecret extends SeenFiles {
  readonly facts: SecretFacts
}

/** Without a memory nothing is known of the bytes. */
export function observeSecret(
  secret: Secret,
  reach: Reach,
  memory: SecretMemory | undefined,
): ObservedSecret {
  const { readings, files } = observeStored(secret, reach, memory)
  return { facts: { kind: 'secret', files }, readings }
}

export interface ObservedKeyset extends SeenFiles {
  readonly facts: KeysetOnDisk
}

/** The same; its directories hold a file for each version of the document that is remembered. */
export function observeKeyset(
  keyset: Keyset,
  reach: Reach,
  memory: KeysetMemory | undefined,
): ObservedKeyset {
  const there = { ...keyset, files: concreteFiles(keyset.files, memory?.document) }
  const { readings, files } = observeStored(there, reach, memory)
  return { facts: { kind: 'keyset', files }, readings }
}

type Written = Pick<SecretMemory, 'stamps'>

function observeStored(material: Secret | Keyset, reach: Reach, memory: Written | undefined) {
  const readings = readingsOf(material, reach)
  const files = readings.map((one) => fileFacts(material, one, reach, memory && judgeBy(memory, one)))
  return { readings, files }
}

function judgeBy({ stamps }: Written, { spec, reading }: Reading): JudgeContent {
  const isOwn = reading.state === 'present' && stamps[spec.path] === stampOf(reading)
  return () => () => (isOwn ? 'current' : 'stale')
}
