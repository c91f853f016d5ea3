import type { KeyType } from '../core/key-type.ts'

/** What keyroller asks of Vault: a closed union, so that every refusal can be told in the words of what was asked. */
export type Operation =
  | HealthOperation
  | LoginOperation
  | SignOperation
  | MappingOperation
  | ChainOperation
  | IssuerOperation
  | SecretOperation
  | RevokeOperation
  | WrappingOperation
  | AppRoleOperation
  | OperateOperation
  | CapabilitiesOperation
  | RevokeCertificateOperation

export interface HealthOperation {
  readonly kind: 'health'
}

export interface LoginOperation {
  readonly kind: 'login'
  readonly authMount: string
  readonly mapping: string
}

export interface SignOperation {
  readonly kind: 'sign'
  readonly pkiMount: string
  readonly role: string
  readonly commonName: string
  readonly keyType: KeyType
  /** Policies of the token that signs; a denial names them. */
  readonly policies: readonly string[]
}

export interface MappingOperation {
  readonly kind: 'read-mapping' | 'write-mapping'
  readonly authMount: string
  readonly mapping: string
  /** Policies of the token that asks; a denial names them. */
  readonly policies: readonly string[]
}

/** Anybody may ask it. */
export interface ChainOperation {
  readonly kind: 'chain'
  readonly pkiMount: string
}

/** Anybody may ask it: which issuers a mount has, and of one of them its certificate or its revocation list. */
export type IssuerOperation = { readonly pkiMount: string } & (
  | { readonly kind: 'issuers' }
  | { readonly kind: 'issuer' | 'revocation-list'; readonly issuer: string }
)

export interface SecretOperation {
  readonly kind: 'read-secret' | 'write-secret' | 'destroy-secret'
  readonly kvMount: string
  readonly path: string
  readonly policies: readonly string[]
}

export interface RevokeOperation {
  readonly kind: 'revoke'
}

export interface WrappingOperation {
  readonly kind: 'lookup-wrapping' | 'unwrap'
}

export interface AppRoleOperation {
  readonly kind: 'approle-login'
  readonly mount: string
}

export interface RevokeCertificateOperation {
  readonly kind: 'revoke-certificate'
  readonly pkiMount: string
  readonly serial: string
  readonly withKey: boolean
  readonly policies: readonly string[]
}

/** An operator's own: roles, policies, mappings; and what a host may read of them. */
export interface OperateOperation {
  readonly kind: 'operate'
  readonly path: string
  readonly capability: 'read' | 'update' | 'list'
  /** Of the token of a host; unset for a person's, who can bring another. */
  readonly policies?: readonly string[]
}

/** What the token that asks may do. */
export interface CapabilitiesOperation {
  readonly kind: 'capabilities'
}

/** The API path, without the leading `/v1/`. */
export function pathOf(operation: Operation): string {
  switch (operation.kind) {
    case 'health':
      return 'sys/health'
    case 'login':
      return `auth/${operation.authMount}/login`
    case 'sign':
      return `${operation.pkiMount}/sign/${operation.role}`
    case 'read-mapping':
    case 'write-mapping':
      return `auth/${operation.authMount}/certs/${operation.mapping}`
    case 'chain':
      return `${operation.pkiMount}/cert/ca_chain`
    case 'issuers':
      return `${operation.pkiMount}/issuers`
    case 'issuer':
      return `${operation.pkiMount}/issuer/${operation.issuer}/json`
    case 'revocation-list':
      return `${operation.pkiMount}/issuer/${operation.issuer}/crl`
    case 'read-secret':
    case 'write-secret':
      return `${operation.kvMount}/data/${operation.path}`
    case 'destroy-secret':
      return `${operation.kvMount}/destroy/${operation.path}`
    case 'revoke':
      return 'auth/token/revoke-self'
    case 'lookup-wrapping':
      return 'sys/wrapping/lookup'
    case 'unwrap':
      return 'sys/wrapping/unwrap'
    case 'approle-login':
      return `auth/${operation.mount}/login`
    case 'revoke-certificate':
      return `${operation.pkiMount}/revoke${operation.withKey ? '-with-key' : ''}`
    case 'operate':
      return operation.path
    case 'capabilities':
      return 'sys/capabilities-self'
  }
}
