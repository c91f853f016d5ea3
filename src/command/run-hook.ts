import { type Command, type CommandEnd, runCommand } from './run-command.ts'

/** Nothing of keyroller's own environment reaches a hook: VAULT_* and the like are none of its business. */
const HOOK_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const MAX_OUTPUT_BYTES = 16 * 1024

/** Runs a program of the operator's, with this environment and a PATH of the system's. Rejects as `runCommand` does. */
export function runHook({ environment, ...command }: Omit<Command, 'maxOutputBytes'>): Promise<CommandEnd> {
  return runCommand({
    ...command,
    environment: { ...environment, PATH: HOOK_PATH },
    maxOutputBytes: MAX_OUTPUT_BYTES,
  })
}
