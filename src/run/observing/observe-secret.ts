/** The files of a secret as they are on disk, beside what keyroller remembers of having written them. */
import type { SecretFacts } from '../../core/facts.ts'
import type { Secret } from '../../core/material.ts'
import type { SecretMemory } from '../../core/memory.ts'
import { stampOf } from '../../core/secrets/secret.ts'
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
  const readings = readingsOf(secret, reach)
  const files = readings.map((one) => fileFacts(secret, one, reach, memory && judgeBy(memory, one)))
  return { facts: { kind: 'secret', files }, readings }
}

function judgeBy({ stamps }: SecretMemory, { spec, reading }: Reading): JudgeContent {
  const isOwn = reading.state === 'present' && stamps[spec.path] === stampOf(reading)
  return () => () => (isOwn ? 'current' : 'stale')
}
