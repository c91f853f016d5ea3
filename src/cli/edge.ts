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
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly fd?: number
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
