/** A reload target as it is written: its text form, or a table that can say more. */
import type { HttpMethod, ReloadTarget, SignalName, TargetBase } from '../core/consumers/target.ts'

export type WrittenReload = string | WrittenTable

export type WrittenTable = WrittenOptions &
  (WrittenContainer | WrittenUnit | WrittenExec | WrittenSignal | WrittenSocket | WrittenHttp)

export interface WrittenOptions {
  readonly timeout?: string | undefined
  readonly settle?: string | undefined
  readonly retries?: number | undefined
  readonly delay?: string | undefined
  readonly order?: number | undefined
}

export type WrittenContainer = (
  | { readonly podman: string }
  | { readonly podman_label: string }
  | { readonly docker: string }
  | { readonly docker_label: string }
) & {
  readonly signal?: SignalName | undefined
  readonly exec?: readonly [string, ...string[]] | undefined
  readonly user?: string | undefined
  readonly socket?: string | undefined
} & WrittenRestart

export type WrittenUnit = {
  readonly systemd: string
  readonly user?: string | undefined
} & WrittenRestart

interface WrittenRestart {
  readonly restart?: true | 'if-needed' | undefined
}

export interface WrittenExec {
  readonly exec: readonly [string, ...string[]]
  readonly user?: string | undefined
}

export interface WrittenSignal {
  readonly pid_file: string
  readonly signal?: SignalName | undefined
}

export interface WrittenSocket {
  readonly socket: string
  readonly send: string
  readonly expect?: string | undefined
}

export interface WrittenHttp {
  readonly url: string
  readonly method?: HttpMethod | undefined
  readonly status?: number | undefined
  readonly socket?: string | undefined
  readonly ca_file?: string | undefined
}

/** What it is read as: the target, or the phrase that says what was expected instead. */
export type ParsedReload = ReloadTarget | { readonly expected: string }

/** What every target has beside whom it means and how it is told. */
export type TargetOptions = Omit<TargetBase, 'text'>
