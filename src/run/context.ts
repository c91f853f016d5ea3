/** What the steps of one run share: the facts it began with, and what it has won so far. */

import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import type { KeyrollerError } from '../core/errors.ts'
import type { CertificateFacts, Observation } from '../core/facts.ts'
import type { HostConfig } from '../core/host-config.ts'
import { isPaired, type Keyset, type Material, type MaterialId, type Paired } from '../core/material.ts'
import type { IssuedMemory, RetestMemory } from '../core/memory.ts'
import type { ToldMembers } from '../reload/tell.ts'
import type { Health } from '../vault/health.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { Session } from '../vault/session.ts'
import type { SetParts } from '../x509/render-file.ts'
import type { Host } from './host.ts'
import type { TrustStore } from './observing/trust-store.ts'
import type { MemoryStore } from './recording/memory-store.ts'

export interface RunContext {
  readonly config: HostConfig
  readonly materials: ReadonlyMap<MaterialId, Material>
  readonly host: Host
  readonly observation: Observation
  readonly memory: MemoryStore
  /** Aborted by SIGTERM and by the run's deadline, with the KeyrollerError that says which. */
  readonly signal: AbortSignal
  /** Opened by the first step that needs it. Throws `config-untrusted`, `config-missing`, `config-invalid` for its CA file. */
  readonly vault: () => Vault
  readonly trust: TrustStore
  /** Only of a run that enrols. */
  readonly enrolmentSecret?: EnrolmentSecret
  /** What went wrong for each material in this run; steps for a failed material are skipped. */
  readonly failures: Map<MaterialId, KeyrollerError>
  readonly sessions: Map<MaterialId, Session>
  readonly issued: Map<MaterialId, IssuedSet>
  /** File names of kept sets whose certificates this run has revoked. */
  readonly revoked: Set<string>
  /** Materials whose files this run has switched. */
  readonly changed: Set<MaterialId>
  /** Nobody is told twice in a run, but by a later rung. */
  readonly told: ToldMembers
  /** Nor restarted twice for the same files. */
  readonly restarted: ToldMembers
  /** What the run learned of the server. */
  readonly server: { health?: Health; retest?: RetestMemory }
  /** Tells what went otherwise than it should without failing anything. */
  readonly note: (text: string) => void
}

/** A judged set, from the PKI or from what was kept, held in memory until it is installed. */
export interface IssuedSet {
  readonly parts: SetParts
  readonly certificate: CertificateFacts
  /** What the memory will know of it beside the certificate. */
  readonly remember: Pick<IssuedMemory, 'requestShape' | 'rolledBackFrom' | 'rolledBackWhy'>
}

export function materialOf({ materials }: Pick<RunContext, 'materials'>, id: MaterialId): Material {
  const material = materials.get(id)
  if (!material) throw new Error(`${id} is not configured`)
  return material
}

/** The same for what has a key and a certificate: the steps of other kinds are never planned for anything else. */
export function pairOf(context: Pick<RunContext, 'materials'>, id: MaterialId): Paired {
  const material = materialOf(context, id)
  if (!isPaired(material)) throw new Error(`${id} has no certificate`)
  return material
}

/** The same for a keyset. */
export function keysetOf(context: Pick<RunContext, 'materials'>, id: MaterialId): Keyset {
  const material = materialOf(context, id)
  if (material.kind !== 'keyset') throw new Error(`${id} is no keyset`)
  return material
}

/** Those of the materials that have not failed in this run. */
export function alive(context: RunContext, ids: readonly MaterialId[]): MaterialId[] {
  return ids.filter((id) => !context.failures.has(id))
}
