/** How it is found out whether a consumer serves a certificate: looked at as its clients do, or asked by a program. */
export type Probe = TlsProbe | ExecProbe

export interface TlsProbe extends ProbeBase {
  readonly kind: 'tls'
  readonly address: ProbeAddress
  readonly serverName: string
  /** What is said in plain text before TLS begins. */
  readonly startTls?: StartTls
  /** Protocols offered, the preferred one first; what the server picks is its own affair. */
  readonly alpn: readonly string[]
  readonly client?: ProbeClient
  /** SPIFFE trust domain that the certificate must name its one ID in. */
  readonly trustDomain?: string
  /** What is served but could not be verified counts as not served; else it is said and remembered. */
  readonly strict: boolean
}

export interface ExecProbe extends ProbeBase {
  readonly kind: 'exec'
  /** Absolute path of the program, then its arguments; exit code 0 means served. */
  readonly argv: readonly [string, ...string[]]
}

interface ProbeBase {
  /** Where it looks, as a person calls it: `127.0.0.1:443`, `unix:/run/web.sock`, `exec:/usr/local/bin/look`. */
  readonly text: string
  /** How long to poll until the new certificate is served. */
  readonly timeoutMs: number
}

export type ProbeAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** Whose certificate is presented to a server that asks for one. */
export type ProbeClient =
  | { readonly material: `${'identity' | 'certificate'}/${string}` }
  | { readonly certFile: string; readonly keyFile: string }

export const START_TLS = ['smtp', 'imap', 'postgres', 'ldap'] as const
export type StartTls = (typeof START_TLS)[number]
