/** What a keyset as it is written means: defaults by its kind, one life that its times allow, files that its keys can take. */
import {
  DIRECTORY_ROLES,
  type FileSpec,
  type KeyEncoding,
  type KeysetForm,
  type KeysetRole,
} from '../core/file-spec.ts'
import { type KeysetPolicy, KIND_DEFAULTS, policyProblems } from '../core/keysets/policy.ts'
import { roleProblem } from '../core/keysets/role-problem.ts'
import type { ControlPlaneProbe, Keyset, KeysetStore, PushSigners } from '../core/material.ts'
import { durationMs } from './formats.ts'
import { interpretFile } from './interpret-files.ts'
import { interpretExecProbe } from './interpret-probe.ts'
import type { WrittenKeyset } from './keyset-schema.ts'
import type { Report } from './problem.ts'
import { interpretReload } from './reload-target.ts'

export function interpretKeyset(
  name: string,
  one: WrittenKeyset,
  defaultMount: string,
  report: Report,
): Keyset {
  const at = ['keyset', name]
  const policy = interpretPolicy(one)
  for (const { key, expected, found } of policyProblems(policy)) report([...at, key], expected, found)
  reportSpread(at, one, policy, report)
  reportLost(at, one, report)
  return {
    kind: 'keyset',
    id: `keyset/${name}`,
    name,
    policy,
    kid: one.kid,
    rawBytes: one.bytes,
    store: interpretStore(one, defaultMount),
    ...(one.control_plane === undefined ? {} : { controlPlane: interpretControl(one.control_plane) }),
    refreshEveryMs: durationMs(one.refresh_every),
    probes: [one.probe ?? []].flat().map(interpretExecProbe),
    ...(one.on_retired ? { onRetired: one.on_retired } : {}),
    staleFiles: one.stale_files,
    ...(one.inbox === undefined ? {} : { inbox: one.inbox }),
    ...interpretSigners(at, one, report),
    ephemeral: one.ephemeral,
    files: interpretKeysetFiles(at, one, report),
    layout: one.layout,
    reload: one.reload.map(interpretReload),
  }
}

const DAY_MS = 86_400_000

function interpretPolicy(one: WrittenKeyset): KeysetPolicy {
  const { kind } = one
  const longestLifetimeMs = durationMs(one.longest_lifetime)
  const { atEnd, underHold } = KIND_DEFAULTS[kind]
  return {
    kind,
    ...(one.inbox === undefined ? {} : { source: 'pushed' }),
    rotateEveryMs: durationMs(one.rotate_every),
    publishAheadMs: durationMs(one.publish_ahead),
    acceptForMs: one.accept_for === undefined ? longestLifetimeMs + DAY_MS : durationMs(one.accept_for),
    longestLifetimeMs,
    atEnd: one.at_end ?? atEnd,
    underHold: one.under_hold ?? underHold,
    ...(one.legal_hold === undefined ? {} : { legalHold: one.legal_hold }),
    ...(one.leave_hosts_after === undefined ? {} : { leaveHostsAfterMs: durationMs(one.leave_hosts_after) }),
  }
}

/** Hosts switch one after another, and sign with what went before until they do: what they sign then must live out its time. */
function reportSpread(at: readonly string[], one: WrittenKeyset, policy: KeysetPolicy, report: Report): void {
  if (!one.shared) return
  const leastMs = policy.longestLifetimeMs + 2 * durationMs(one.refresh_every)
  if (policy.acceptForMs >= leastMs) return
  report([...at, 'accept_for'], 'at least longest_lifetime and twice refresh_every', one.accept_for ?? 'less')
}

/** What lies in memory alone is gone with the next start of the host. */
function reportLost(at: readonly string[], one: WrittenKeyset, report: Report): void {
  if (one.ephemeral && !one.shared)
    report([...at, 'ephemeral'], 'shared beside it, where its keys are kept', 'none')
}

/** Without anybody's signature whoever writes to the inbox would make the keys. */
function interpretSigners(
  at: readonly string[],
  { inbox, push_keys: keysFile, push_ca: caFile }: WrittenKeyset,
  report: Report,
): { readonly signers?: PushSigners } {
  const isSigned = keysFile !== undefined || caFile !== undefined
  if (inbox !== undefined && !isSigned) report([...at, 'inbox'], 'push_keys or push_ca beside it', 'neither')
  if (inbox === undefined && isSigned) report([...at, 'inbox'], 'one for what is signed', 'none')
  if (!isSigned) return {}
  return {
    signers: { ...(keysFile === undefined ? {} : { keysFile }), ...(caFile === undefined ? {} : { caFile }) },
  }
}

function interpretStore({ shared }: WrittenKeyset, defaultMount: string): KeysetStore {
  if (!shared) return { kind: 'host' }
  const { identity, kv_mount: kvMount = defaultMount, path, hosts } = shared
  return { kind: 'shared', identity: `identity/${identity}`, kvMount, path, hosts }
}

function interpretControl(written: NonNullable<WrittenKeyset['control_plane']>): ControlPlaneProbe {
  if (written === 'vault') return { kind: 'vault' }
  if (typeof written === 'string') return { kind: 'url', url: written }
  const { url, ca_file: caFile } = written
  return { kind: 'url', url, ...(caFile === undefined ? {} : { caFile }) }
}

function interpretKeysetFiles(at: readonly string[], one: WrittenKeyset, report: Report): FileSpec[] {
  const { variable, list, slots, ...plain } = one.files
  const written: [KeysetRole, WrittenPlace, KeysetForm][] = [
    ...(Object.entries(plain) as [KeysetRole, WrittenPlace | undefined][]).flatMap(([role, place]) =>
      place === undefined ? [] : [[role, place, {}] as [KeysetRole, WrittenPlace, KeysetForm]],
    ),
    ...(variable ? [withForm('variable', variable, { variable: variable.name })] : []),
    ...(list === undefined ? [] : [withForm('list', typeof list === 'string' ? { path: list } : list, {})]),
    ...slotsOf(slots),
  ]
  return written.map(([role, place, keys]) => {
    const problem = roleProblem(one.kind, role, keys)
    if (problem) report([...at, 'files', role], problem.expected, problem.found)
    if (one.layout === 'generation' && DIRECTORY_ROLES.has(role))
      report([...at, 'layout'], 'files beside a directory of keys', '"generation"')
    const spec = interpretFile(role, place, one, one.kind)
    return Object.keys(keys).length === 0 ? spec : { ...spec, keys }
  })
}

type WrittenPlace = NonNullable<WrittenKeyset['files']['pem']>
type WithEncoding = Exclude<WrittenPlace, string> & { readonly encoding?: KeyEncoding | undefined }

function withForm(
  role: KeysetRole,
  place: WithEncoding,
  form: KeysetForm,
): [KeysetRole, WrittenPlace, KeysetForm] {
  const { encoding } = place
  return [role, place, { ...form, ...(encoding === undefined ? {} : { encoding }) }]
}

function slotsOf(slots: WrittenKeyset['files']['slots']): [KeysetRole, WrittenPlace, KeysetForm][] {
  if (slots === undefined) return []
  const { paths, ...place } = Array.isArray(slots) ? { paths: slots } : slots
  return paths.map((path, slot) => withForm('slots', { ...place, path }, { slot }))
}
