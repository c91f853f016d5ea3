/** The operator's checklist: every line is looked at now, nothing is taken from memory. */

import { attributeDrift, contentDrift, layoutDrift } from '../core/deciding/file-drift.ts'
import { findSubjectDrift } from '../core/deciding/subject-drift.ts'
import { formatDuration, formatMoment } from '../core/duration.ts'
import { toFault } from '../core/errors.ts'
import {
  type BundleFacts,
  type CertificateFacts,
  certificateOf,
  type FileFacts,
  type MaterialFacts,
  type PairFacts,
} from '../core/facts.ts'
import type { HostConfig } from '../core/host-config.ts'
import { type Identity, isPaired, type Material, type MaterialId, type Paired } from '../core/material.ts'
import type { ServerSideCheck } from '../core/server-side/host-view.ts'
import { judgedRung } from '../core/status/bundle-rungs.ts'
import type { Vault } from '../vault/open-vault.ts'
import { lookServed } from './consumers/look-served.ts'
import { reachOf } from './consumers/reach.ts'
import type { Host } from './host.ts'
import { look } from './observing/look.ts'
import { openTrustStore } from './observing/trust-store.ts'
import { checkHealth, identitiesOf, type OnlineCheck, readableBy } from './online-check.ts'
import { withVault } from './server.ts'
import { checkIdentity } from './server-drift.ts'

export interface VerifyLine {
  readonly subject: string
  readonly check:
    | 'file'
    | 'key'
    | 'expiry'
    | 'subject'
    | 'chain'
    | 'consumer'
    | 'server'
    | 'login'
    | 'server-side'
    | 'secret'
    | 'keyset'
    | 'served'
    | 'verified'
  readonly pass: boolean
  readonly message: string
}

/** Lines in the order of the configuration; `only` unset means every material. Never throws for what it finds. */
export async function verify(
  config: HostConfig,
  host: Host,
  only: ReadonlySet<MaterialId> | undefined,
  signal: AbortSignal,
): Promise<VerifyLine[]> {
  const { observation, nowMs } = look(config, host, { force: false })
  const materials = config.materials.filter(({ id }) => only?.has(id) ?? true)
  const lines: VerifyLine[] = []
  for (const material of materials) {
    const facts = observation.materials.get(material.id)
    if (!facts) continue
    lines.push(...checkDisk(material, facts, nowMs))
    lines.push(...(await checkConsumers(material, config, host, signal)))
    lines.push(...(await checkServed(material, facts, config, host, signal)))
  }
  return [...lines, ...(await checkServer(config, host, materials, signal))]
}

function checkDisk(material: Material, facts: MaterialFacts, nowMs: number): VerifyLine[] {
  const line: NewLine = (check, fault, good) => ({
    ...{ subject: material.id, check },
    pass: fault === undefined,
    message: fault ?? good,
  })
  const files = facts.files.map((file) =>
    line('file', fileFault(file, material), `${file.spec.path} is there, as configured`),
  )
  if (isPaired(material) && facts.kind === 'pair')
    return [...files, ...checkPair(material, facts, nowMs, line)]
  return facts.kind === 'bundle' ? [...files, checkBundle(facts, nowMs, line)] : files
}

type NewLine = (check: VerifyLine['check'], fault: string | undefined, good: string) => VerifyLine

function checkBundle(facts: BundleFacts, nowMs: number, line: NewLine): VerifyLine {
  const { state, message } = judgedRung(facts, nowMs)
  return line('chain', state === 'yes' ? undefined : message, message)
}

function checkPair(material: Paired, facts: PairFacts, nowMs: number, line: NewLine): VerifyLine[] {
  const { certificate } = facts.leaf
  if (!certificate) return [line('expiry', facts.leaf.why ?? facts.leaf.state, '')]
  return [
    line('key', keyFault(facts), 'the private key belongs to the certificate'),
    line(
      'expiry',
      validityFault(certificate, nowMs),
      `${formatDuration(certificate.notAfterMs - nowMs)} left`,
    ),
    line('subject', findSubjectDrift(certificate, material), `CN = ${certificate.commonName}`),
    line('chain', chainFault(facts, material), chainMessage(facts, material)),
  ]
}

function fileFault(file: FileFacts, { layout }: Material): string | undefined {
  if (file.state !== 'present') return `${file.spec.path}: ${file.why}`
  if (file.exposed) return file.exposed.message
  if (file.unwritable) return `${file.spec.path}: ${file.unwritable.message}`
  if (file.wanted.state === 'unknown') return `${file.spec.path}: ${file.wanted.why}`
  const drift = attributeDrift(file) ?? contentDrift(file) ?? layoutDrift(file, layout)
  return drift === undefined ? undefined : `${file.spec.path}: ${drift}`
}

function keyFault({ key, keyMatches }: PairFacts): string | undefined {
  if (key.state !== 'read') return key.why ?? key.state
  return keyMatches === false ? 'the private key does not belong to the certificate' : undefined
}

function validityFault({ notBeforeMs, notAfterMs }: CertificateFacts, nowMs: number): string | undefined {
  if (nowMs < notBeforeMs) return `not valid before ${formatMoment(notBeforeMs)}: compare the clocks`
  return nowMs < notAfterMs ? undefined : `expired at ${formatMoment(notAfterMs)}`
}

function chainFault({ chain }: PairFacts, { issuance }: Paired): string | undefined {
  switch (chain.state) {
    case 'trusted':
    case 'unkept':
      return undefined
    case 'untrusted':
      return `expected a chain to ${issuance.trustFile}, found ${chain.why}`
    case 'no-anchors':
      return chain.fault.message
    case 'unknown':
      return 'no certificate to verify'
  }
}

function chainMessage({ chain }: PairFacts, { issuance }: Paired): string {
  if (chain.state === 'unkept') return 'its files keep no intermediates; it was judged when issued'
  return `leads to ${issuance.trustFile}`
}

async function checkConsumers(
  material: Material,
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<VerifyLine[]> {
  if (material.reload.length === 0) return []
  const { findMemberStates } = await import('../reload/active.ts')
  const reach = { ...reachOf(config, host), signal }
  const states = await Promise.all(material.reload.map((target) => findMemberStates(target, reach)))
  const members = new Map(states.flat().map((state) => [state.member, state]))
  return [...members.values()].map(({ name, active, message }) => {
    return { subject: material.id, check: 'consumer', pass: active, message: `${name}: ${message}` }
  })
}

async function checkServed(
  material: Material,
  facts: MaterialFacts,
  config: HostConfig,
  host: Host,
  signal: AbortSignal,
): Promise<VerifyLine[]> {
  const expected = certificateOf(facts)
  if (!isPaired(material) || !expected) return []
  const reach = { config, host, trust: openTrustStore(host.uid), signal }
  const seen = await lookServed(material, expected, reach)
  return seen.flatMap(({ outcome, message, unverified, peer }): VerifyLine[] => {
    const served = { subject: material.id, check: 'served', pass: outcome === 'served', message } as const
    if (unverified !== undefined)
      return [served, { subject: material.id, check: 'verified', pass: false, message: unverified }]
    return [peer === undefined ? served : { ...served, message: `${message}, as ${peer}` }]
  })
}

async function checkServer(
  config: HostConfig,
  host: Host,
  materials: readonly Material[],
  signal: AbortSignal,
): Promise<VerifyLine[]> {
  const identities = identitiesOf(config, materials)
  const check = (vault: Vault, identity: Identity) =>
    checkIdentity(vault, identity, { config, readables: readableBy(identity, materials) }, host)
  const asLine = ({ subject, ok, message }: OnlineCheck): VerifyLine => {
    return { subject, check: checkOf(subject), pass: ok, message }
  }
  try {
    return await withVault(config, host, signal, async (vault) => [
      asLine(await checkHealth(vault)),
      ...(await Promise.all(identities.map((identity) => check(vault, identity)))).flatMap(
        ({ login, read, serverSide }) => [login, ...read].map(asLine).concat(serverSide.map(serverSideLine)),
      ),
    ])
  } catch (error) {
    return [{ subject: 'server', check: 'server', pass: false, message: toFault(error).message }]
  }
}

/** What a host may not read fails nothing. */
function serverSideLine({ subject, state, message }: ServerSideCheck): VerifyLine {
  return { subject, check: 'server-side', pass: state !== 'drift', message }
}

function checkOf(subject: OnlineCheck['subject']): VerifyLine['check'] {
  if (subject === 'server') return 'server'
  if (subject.startsWith('secret/')) return 'secret'
  return subject.startsWith('keyset/') ? 'keyset' : 'login'
}
