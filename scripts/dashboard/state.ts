/** What an invented host has on disk and in memory, and how a run changes it. */
import { isBackingOff } from '../../src/core/deciding/backoff.ts'
import { afterTry } from '../../src/core/deciding/owed-wait.ts'
import type { EpochMs } from '../../src/core/epoch-ms.ts'
import type { CertificateFacts, PairFacts } from '../../src/core/facts.ts'
import { keysetShape } from '../../src/core/keysets/shape-of.ts'
import { NO_ENTRY } from '../../src/core/ledger/head.ts'
import type { MaterialId } from '../../src/core/material.ts'
import { EMPTY_MEMORY, type MaterialMemory, mergeOwed, type RunMemory } from '../../src/core/memory.ts'
import { facts, HOUR_MS, leaf } from '../../test/unit/core/builders.ts'
import type { Host } from './hosts.ts'
import { begin } from './keysets.ts'

export interface HostState {
  readonly certificates: Readonly<Record<MaterialId, CertificateFacts>>
  readonly memory: RunMemory
}

/** All issued, told and served long before. */
export function stateBefore(host: Host, endMs: EpochMs): HostState {
  const server = { version: host.server, atMs: endMs }
  const empty: HostState = { certificates: {}, memory: { ...EMPTY_MEMORY, server } }
  const installed = host.leaves.reduce(
    (state, { material, issuedHours }) => install(host, state, material.id, endMs - issuedHours * HOUR_MS),
    empty,
  )
  return tellConsumers(withKeyset(host, installed, endMs), false, endMs)
}

function withKeyset({ keyset }: Host, { certificates, memory }: HostState, endMs: EpochMs): HostState {
  if (!keyset) return { certificates, memory }
  const atMs = endMs - keyset.activeHours * HOUR_MS
  const { id } = keyset.material
  const known = {
    atMs,
    document: begin(keyset.material, atMs),
    shape: keysetShape(keyset.material),
    stamps: {},
  }
  return { certificates, memory: { ...memory, materials: { ...memory.materials, [id]: { keyset: known } } } }
}

export function factsOf({ certificates }: HostState): Record<MaterialId, PairFacts> {
  return Object.fromEntries(
    Object.entries(certificates).map(([id, certificate]) => [
      id,
      facts({ leaf: { state: 'read', certificate } }),
    ]),
  )
}

/** A new certificate, and its consumers owed. */
export function install(
  host: Host,
  { certificates, memory }: HostState,
  id: MaterialId,
  atMs: EpochMs,
): HostState {
  const found = host.leaves.find(({ material }) => material.id === id)
  if (!found) throw new Error(`${host.instance}: expected ${id} among its leaves`)
  const seq = (memory.ledger?.head?.seq ?? 0) + 4
  const life = { notBeforeMs: atMs, notAfterMs: atMs + found.lifeHours * HOUR_MS }
  const certificate = leaf({ ...life, serial: seq.toString(16), fingerprint: `${id} ${atMs}` })
  const { serial, fingerprint, notAfterMs } = certificate
  const debts = found.material.reload.map(({ text }) => ({
    target: text,
    materials: [id],
    sinceMs: atMs,
    attempts: 0,
  }))
  return {
    certificates: { ...certificates, [id]: certificate },
    memory: {
      ...memory,
      materials: { ...memory.materials, [id]: { issued: { serial, fingerprint, notAfterMs, atMs } } },
      owed: mergeOwed([...memory.owed, ...debts]),
      ledger: { head: { seq, hash: NO_ENTRY } },
    },
  }
}

/** Everyone who is owed, unless the consumers are down; then a client looks. */
export function tellConsumers({ certificates, memory }: HostState, down: boolean, atMs: EpochMs): HostState {
  const owed = down
    ? memory.owed.map((debt) => (isBackingOff(debt, atMs) ? debt : afterTry(debt, debt, memory, atMs)))
    : []
  const looked = (id: MaterialId): MaterialMemory['served'] => {
    const old = owed.some(({ materials }) => materials.includes(id))
    const outcome = old ? 'old-certificate' : 'served'
    return { outcome, message: outcome, fingerprint: certificates[id]?.fingerprint ?? '', atMs }
  }
  const materials = Object.entries(memory.materials).map(([id, known]) => [
    id,
    { ...known, served: looked(id as MaterialId) },
  ])
  return { certificates, memory: { ...memory, owed, materials: Object.fromEntries(materials) } }
}
