import type { Host } from '../run/host.ts'

/** What a verb may touch of the process. */
export interface Edge {
  readonly host: Host
  /** Aborted by SIGTERM and SIGINT, with the KeyrollerError that says so. */
  readonly signal: AbortSignal
  readonly stdout: Output
  readonly stderr: Output
}

export interface Output {
  /** Everything, however long a reader takes. */
  write(text: string): unknown
  /** For what a run must not wait for long: given up for good when nobody reads. */
  offer?(text: string): unknown
  /** Why something could not be written, as a system error code; unset where nobody can tell. */
  fault?(): string | undefined
  /** Whether whoever read it has gone away. */
  isGone?(): boolean
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly fd?: number
}

/** Whether colour and a line that is written over may be sent: https://no-color.org, and terminals that know no codes. */
export function takesEscapes({ isTTY }: Output, { host }: Pick<Edge, 'host'>): boolean {
  return isTTY === true && !host.env.NO_COLOR && host.env.TERM !== 'dumb'
}

/** Options every verb has. */
export interface CommonOptions {
  readonly config?: string
  readonly json?: boolean
}

export function printLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`)
}

export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`)
}
