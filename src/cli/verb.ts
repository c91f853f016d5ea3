import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { CommonOptions, Edge } from './edge.ts'

/** Adds one verb to the program; its action hands the exit code to `finish`. */
export type AddVerb = (program: Command, edge: Edge, finish: (exitCode: number) => void) => void

/** What names materials on a command line, as the help says it. */
export const NAMES = 'NAME, or KIND/NAME as in status, like certificate/web'

/** How verbs that ask the server for a person tell of `--token`. */
export const TOKEN = "file with an operator's token; default: ~/.vault-token, as vault login leaves it"

/** Their exit codes. */
export const OPERATOR_EXITS = '3 configuration; 6 the token may not; 9 Vault could not be reached'

export interface VerbTexts {
  readonly name: string
  readonly summary: string
  readonly example: string
  /** Exit codes beside 0, in words. */
  readonly exits: string
}

/** A verb with the options and the help every verb has. */
export function newVerb(program: Command, { name, summary, example, exits }: VerbTexts): Command {
  return program
    .command(name)
    .description(summary)
    .option('--config <file>', 'configuration file; default /etc/keyroller/keyroller.toml')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExample:\n  ${example}\n\nExit codes:\n  0 ok; ${exits}`)
}

export function configFor(options: CommonOptions, { host }: Edge): HostConfig {
  return loadConfig({
    env: host.env,
    uid: host.uid,
    ...(options.config === undefined ? {} : { file: options.config }),
  })
}
