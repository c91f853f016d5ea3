/**
 * Every fault keyroller can name. A code is interface: scripts match on it, docs/errors.md describes it, and a test ties
 * the two together both ways. `exit` names the row of `EXIT_CODES` a run ends with; `hint` is the next thing to try.
 */
import type { ExitName } from './exit-codes.ts'

interface FaultRow {
  readonly exit: ExitName
  readonly hint: string
}

export const FAULTS = {
  'usage-invalid': { exit: 'usage', hint: 'keyroller --help' },
  'config-missing': {
    exit: 'config',
    hint: 'create the file named; a commented example is in /usr/share/doc/keyroller',
  },
  'config-invalid': { exit: 'config', hint: 'keyroller config check' },
  'config-untrusted': { exit: 'config', hint: 'chown root FILE && chmod go-w FILE' },
  'material-unknown': { exit: 'usage', hint: 'keyroller status' },
  'run-locked': { exit: 'locked', hint: 'keyroller renew --wait' },
  'run-deadline': { exit: 'interrupted', hint: 'raise [renewal] run_timeout, then keyroller renew' },
  'run-interrupted': { exit: 'interrupted', hint: 'keyroller renew' },
  'vault-unreachable': { exit: 'unreachable', hint: 'check [vault] address and that the server is up' },
  'vault-untrusted': {
    exit: 'unreachable',
    hint: 'check [vault] ca_file and server_name against the server certificate',
  },
  'vault-sealed': { exit: 'sealed', hint: 'vault operator unseal, then keyroller renew --now' },
  'vault-rate-limited': {
    exit: 'unreachable',
    hint: 'keyroller retries by itself; see sys/quotas on the server',
  },
  'vault-answer-invalid': {
    exit: 'unreachable',
    hint: 'check that [vault] address is a Vault or OpenBao API',
  },
  'vault-failed': { exit: 'unreachable', hint: "see the server's log" },
  'login-refused': { exit: 'auth', hint: 'keyroller verify, and read the mapping on the server' },
  'identity-unusable': {
    exit: 'auth',
    hint: 'keyroller enroll IDENTITY --token FILE, with --repair over a pair that is there',
  },
  'enrolment-refused': {
    exit: 'auth',
    hint: 'make a new one; if nobody opened it on this host, find out who did and revoke what they got',
  },
  'already-enrolled': {
    exit: 'usage',
    hint: 'keyroller renew --now IDENTITY; with --repair it is replaced all the same',
  },
  'pin-refused': { exit: 'auth', hint: 'read the mapping on the server; the pair on disk is still in use' },
  'proof-refused': { exit: 'auth', hint: 'read the mapping on the server; the old pair is still in use' },
  'vault-denied': { exit: 'denied', hint: 'vault policy read POLICY, and grant the capability named' },
  'role-refused': {
    exit: 'denied',
    hint: 'vault read PKI/roles/ROLE, and compare it with the certificate configured',
  },
  'issue-invalid': {
    exit: 'rejected',
    hint: 'see the issuer on the server; the working files are untouched',
  },
  'revocation-unknown': {
    exit: 'rejected',
    hint: 'vault read PKI/config/crl; the certificate stays in use, and the next look asks again',
  },
  'secret-missing': {
    exit: 'rejected',
    hint: 'vault kv metadata get -mount=MOUNT PATH; the files are untouched',
  },
  'secret-unfit': {
    exit: 'rejected',
    hint: 'correct the secret, or fields and files of the material; the files are untouched',
  },
  'keyset-unfit': {
    exit: 'rejected',
    hint: 'correct the file or the store named; the files are untouched',
  },
  'push-refused': {
    exit: 'rejected',
    hint: 'push it again; what lies in the inbox is left there, and the working files are untouched',
  },
  'control-plane-away': {
    exit: 'unreachable',
    hint: 'restore what the message names first: consumers that start without it find nothing to go on with',
  },
  'order-refused': { exit: 'usage', hint: 'keyroller keyset show NAME' },
  'register-failed': {
    exit: 'owed',
    hint: 'look at the program named; the bytes of the version stay until it has said yes, and the next look asks again',
  },
  'kept-missing': { exit: 'usage', hint: 'keyroller rollback --list NAME' },
  'kept-unfit': {
    exit: 'rejected',
    hint: 'keyroller rollback --list NAME shows what else is kept; the working files are untouched',
  },
  'files-refused': { exit: 'files', hint: 'look at the path named; keyroller follows no links in it' },
  'files-failed': {
    exit: 'files',
    hint: 'look at space, mount and permissions of the path named; the old files are in use',
  },
  'owner-unknown': { exit: 'files', hint: 'create the account, or correct owner and group' },
  'key-not-reusable': {
    exit: 'files',
    hint: 'correct key_type, or take reuse_key away for one renewal',
  },
  'state-failed': { exit: 'files', hint: 'look at space and permissions of the state directory' },
  'ledger-failed': {
    exit: 'files',
    hint: 'look at the path named, then keyroller ledger verify; what is near its end is renewed all the same',
  },
  'output-failed': { exit: 'files', hint: 'look at where standard output leads' },
  'reload-failed': {
    exit: 'owed',
    hint: 'keyroller renew NAME tells it again; no new certificate is needed',
  },
  'target-missing': {
    exit: 'owed',
    hint: 'start the consumer or correct reload; keyroller renew NAME tells it again',
  },
  'serve-mismatch': { exit: 'unserved', hint: "look at the consumer's own log, then keyroller verify" },
  internal: { exit: 'internal', hint: 'report this with the output of keyroller version' },
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof FAULTS

/** The one error class. `message` gives expected and found, lower case, no full stop; it never holds a secret. */
export class KeyrollerError extends Error {
  override readonly name = 'KeyrollerError'
  readonly code: FaultCode
  readonly hint: string

  constructor(code: FaultCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? FAULTS[code].hint
  }

  get exit(): ExitName {
    return FAULTS[this.code].exit
  }
}

/** What log, state and JSON output may say of an error: never the error object itself, which can drag secrets along. */
export interface FaultRecord {
  readonly code: FaultCode
  readonly message: string
  readonly hint: string
}

export function toFault(error: unknown): FaultRecord {
  if (error instanceof KeyrollerError) return { code: error.code, message: error.message, hint: error.hint }
  const message =
    error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error was thrown'
  return { code: 'internal', message, hint: FAULTS.internal.hint }
}
