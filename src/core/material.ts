/**
 * Materials: what keyroller keeps issued, installed, loaded and served. This is the checked form of the configuration:
 * every name parsed, every default filled in, every unit in the name. `config/` makes it; everything else only reads it.
 */

import type { ExecProbe, Probe } from './consumers/probe.ts'
import type { ReloadTarget } from './consumers/target.ts'
import type { Window } from './deciding/windows.ts'
import type { FileSpec } from './file-spec.ts'
import type { KeyType } from './key-type.ts'
import type { KeysetPolicy } from './keysets/policy.ts'
import type { OnUnserved } from './planning/ladder.ts'
import type { SubjectFields } from './subject.ts'

export const MATERIAL_KINDS = ['identity', 'certificate', 'bundle', 'secret', 'keyset'] as const
export type MaterialKind = (typeof MATERIAL_KINDS)[number]
export type MaterialId = `${MaterialKind}/${string}`

export type Material = Paired | Bundle | Secret | Keyset

/** A private key with its certificate. */
export type Paired = Identity | Certificate

/** A client certificate with which this host logs in to Vault; renewed before everything that needs it. */
export interface Identity extends PairedBase {
  readonly kind: 'identity'
  readonly login: { readonly authMount: string; readonly mapping: string }
  readonly mappingPins: MappingPins
}

/** What the mapping of an identity trusts: the authority that signs it, or its certificate alone. */
export const MAPPING_PINS = ['authority', 'certificate'] as const
export type MappingPins = (typeof MAPPING_PINS)[number]

/** A leaf certificate for an app, signed with the token of `identity`. */
export interface Certificate extends PairedBase {
  readonly kind: 'certificate'
  readonly identity: MaterialId
  /** Directory into which an orchestrator puts the next pair, for `keyroller adopt`; unset: nobody pushes. */
  readonly inbox?: string
}

/** What can be pushed. */
export type Pushable = PushableCertificate | PushedKeyset
export type PushableCertificate = Certificate & { readonly inbox: string }

/** The authorities that apps trust, in a file; it has no key and no end of its own. */
export interface Bundle extends MaterialBase {
  readonly kind: 'bundle'
  readonly source: BundleSource
}

/** `mount`: the chain of its issuer, which must lead to the anchors of the trust file. `file`: given by whoever looks after the host. */
export type BundleSource =
  | { readonly kind: 'mount'; readonly pkiMount: string; readonly trustFile: string }
  | { readonly kind: 'file'; readonly path: string }

/** Fields of a secret in a KV version 2 engine, in files; read with the token of `identity`. */
export interface Secret extends MaterialBase {
  readonly kind: 'secret'
  readonly identity: MaterialId
  readonly kvMount: string
  /** In the mount, without `data/`. */
  readonly path: string
  /** What env and json files hold; unset is every field. */
  readonly fields?: readonly string[]
  readonly refreshEveryMs: number
}

/** Versioned keys that sign or encrypt, on this host alone or shared by a fleet. Its versions live by the policy. */
export interface Keyset extends MaterialBase {
  readonly kind: 'keyset'
  readonly policy: KeysetPolicy
  readonly kid: KidRule
  /** Length of the versions of kind `raw`, in bytes. */
  readonly rawBytes: number
  readonly store: KeysetStore
  /** What must answer before a version is put in use; unset: nothing must. A shared keyset needs its server anyway. */
  readonly controlPlane?: ControlPlaneProbe
  /** How often a shared keyset is looked at. */
  readonly refreshEveryMs: number
  /** Programs that say whether the consumers here know the versions; none asks nobody beyond their being told. */
  readonly probes: readonly ExecProbe[]
  /** Program that has a retired version taken off whatever register lists it, before its bytes go. */
  readonly onRetired?: readonly [string, ...string[]]
  /** What break-glass takes away before it restarts the consumers: caches that no key of today has signed. */
  readonly staleFiles: readonly string[]
  /** Directory into which an orchestrator puts the next version; unset: versions are made here. */
  readonly inbox?: string
  /** By whose signature a version is taken in; set where there is an inbox. */
  readonly signers?: PushSigners
}

/** One of the two at least. */
export interface PushSigners {
  /** PEM file of public keys. */
  readonly keysFile?: string
  /** PEM file of authorities whose certificates sign. */
  readonly caFile?: string
}

export type PushedKeyset = Keyset & { readonly inbox: string; readonly signers: PushSigners }

/** `version`: vN. `thumbprint`: of RFC 7638. */
export const KID_RULES = ['version', 'thumbprint'] as const
export type KidRule = (typeof KID_RULES)[number]

/** `host`: in the state directory. `shared`: in a KV version 2 engine, where check-and-set lets one host win each step. */
export type KeysetStore = { readonly kind: 'host' } | SharedStore

export interface SharedStore {
  readonly kind: 'shared'
  readonly identity: MaterialId
  readonly kvMount: string
  /** In the mount, without `data/`. */
  readonly path: string
  /** Hosts that must know a version before it is used, by the names of their cards, beside those whose cards name the keyset. */
  readonly hosts: readonly string[]
}

export type SharedKeyset = Keyset & { readonly store: SharedStore }

/** `vault`: the server can be asked. A URL answers 2xx; over https it is trusted from the file, or from the public authorities. */
export type ControlPlaneProbe =
  | { readonly kind: 'vault' }
  | { readonly kind: 'url'; readonly url: string; readonly caFile?: string }

export function isPaired(material: Material): material is Paired {
  switch (material.kind) {
    case 'identity':
    case 'certificate':
      return true
    case 'bundle':
    case 'secret':
    case 'keyset':
      return false
  }
}

/** What somebody looks at where it is served. */
export function isProbed(material: Material): material is Paired | Keyset {
  return isPaired(material) || material.kind === 'keyset'
}

/** What is had from the server with a login; the chain of a bundle anybody may ask for. */
export function needsLogin(material: Material): material is NeedsLogin {
  return material.kind === 'keyset' ? isShared(material) : material.kind !== 'bundle'
}

export type NeedsLogin = Paired | Secret | SharedKeyset

/** The identity whose login signs or reads it. */
export function loginOf(material: NeedsLogin): MaterialId {
  switch (material.kind) {
    case 'identity':
      return material.id
    case 'certificate':
    case 'secret':
      return material.identity
    case 'keyset':
      return material.store.identity
  }
}

export function isPushable(material: Material): material is Pushable {
  switch (material.kind) {
    case 'certificate':
      return material.inbox !== undefined
    case 'keyset':
      return material.inbox !== undefined && material.signers !== undefined
    case 'identity':
    case 'bundle':
    case 'secret':
      return false
  }
}

export function isKeyset(material: Material): material is Keyset {
  return material.kind === 'keyset'
}

export function isShared(keyset: Keyset): keyset is SharedKeyset {
  return keyset.store.kind === 'shared'
}

/** `files`: every file under its own name. `generation`: links into a directory, switched for all files by one rename. */
export const LAYOUTS = ['files', 'generation'] as const
export type Layout = (typeof LAYOUTS)[number]

interface MaterialBase {
  readonly id: MaterialId
  readonly name: string
  /** With `generation` all files lie in one directory. */
  readonly layout: Layout
  /** Its files may lie in memory only, on tmpfs or ramfs: its key must never reach a disk. */
  readonly ephemeral: boolean
  readonly files: readonly FileSpec[]
  readonly reload: readonly ReloadTarget[]
}

interface PairedBase extends MaterialBase {
  readonly issuance: Issuance
  readonly renewAt: RenewAt
  /** When a renewal that can wait may disturb consumers; unset is at any time. */
  readonly windows?: RenewalWindows
  readonly server: ServerSide
  /** Where it is looked whether it is served; none is nowhere. */
  readonly probes: readonly Probe[]
  readonly onUnserved: OnUnserved
}

/** What is asked of the PKI, and what the answer is judged against. */
export interface Issuance {
  readonly pkiMount: string
  readonly role: string
  readonly commonName: string
  /** DNS names beside the common name. */
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  readonly subject: SubjectFields
  /** Asked lifetime; without it the role decides. */
  readonly ttlMs?: number
  readonly keyType: KeyType
  /** The key on disk is certified again; a new one is made only where there is none. */
  readonly reuseKey: boolean
  /** Common name the direct issuer must have; unset accepts any issuer below the trust anchors. */
  readonly issuerName?: string
  /** PEM file of the trust anchors the chain must end in. */
  readonly trustFile: string
}

/** When a certificate falls due: after a share of its own lifetime, or with this much time left. */
export type RenewAt =
  | { readonly kind: 'fraction'; readonly of: number }
  | { readonly kind: 'remaining'; readonly ms: number }

export interface RenewalWindows {
  /** Never empty. */
  readonly open: readonly Window[]
  /** With no more than this left of its life, a certificate waits for no window. */
  readonly floor: WindowFloor
}

/** A share of the lifetime, or a time. */
export type WindowFloor =
  | { readonly kind: 'fraction'; readonly of: number }
  | { readonly kind: 'remaining'; readonly ms: number }

/** What `keyroller vault` makes of the server beside what follows from the materials; the last four of an identity only. */
export interface ServerSide {
  readonly allowedDomains?: readonly string[]
  readonly maxTtlMs?: number
  readonly policy?: string
  readonly policies?: readonly string[]
  readonly dropPolicies?: readonly string[]
  readonly tokenTtlMs?: number
}
