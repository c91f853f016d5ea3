/** The command line: one program, one verb a file, one place where errors are told. */
import { Command, CommanderError } from 'commander'
import { KeyrollerError, toFault } from '../core/errors.ts'
import { EXIT_CODES, worstExit } from '../core/exit-codes.ts'
import { type Edge, printJson, printLines } from './edge.ts'
import type { AddVerb } from './verb.ts'
import { addRenew } from './verbs/renew.ts'

/** The verb that the command line begins with, or all, for help and for suggestions: a run by timer loads only its own. */
async function verbsFor([first = '']: readonly string[]): Promise<AddVerb[]> {
  if (first === 'renew') return [addRenew]
  const { VERBS } = await import('./verbs.ts')
  const verb = Object.hasOwn(VERBS, first) ? VERBS[first] : undefined
  return verb ? [verb] : Object.values(VERBS)
}

/** Runs one command line and resolves to its exit code. Never rejects. */
export async function runProgram(args: readonly string[], edge: Edge): Promise<number> {
  let exitCode = 0
  const program = newProgram(edge)
  for (const addVerb of await verbsFor(args)) {
    addVerb(program, edge, (code) => {
      exitCode = code
    })
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    const lost = edge.stdout.fault?.()
    if (lost !== undefined)
      throw new KeyrollerError('output-failed', `expected to write the output, found ${lost}`)
    return exitCode
  } catch (error) {
    return tellError(error, args, edge)
  }
}

function newProgram({ host, stdout, stderr }: Edge): Command {
  return new Command('keyroller')
    .version(`keyroller ${host.version}`)
    .description('Keeps every key and certificate on this host issued, installed, loaded and served on time.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: () => undefined,
    })
    .addHelpText('after', `\nExit codes: 0 done or nothing due; ${exitCodeList()}`)
}

function exitCodeList(): string {
  return Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `\n  ${String(code).padStart(2)}  ${meaning}`)
    .join('')
}

/** Every error is told here, once. Help is none; but who named no verb got it instead of an answer. */
async function tellError(error: unknown, args: readonly string[], edge: Edge): Promise<number> {
  const { stdout, stderr } = edge
  if (error instanceof CommanderError && /^commander\.(?:help|version)/.test(error.code)) {
    return error.exitCode === 0 ? 0 : EXIT_CODES.usage.code
  }
  const told = error instanceof CommanderError ? usageError(error) : error
  const fault = toFault(told)
  if (args[0] === 'check') {
    const { tellUnknown } = await import('./verbs/check.ts')
    return tellUnknown(fault, args.includes('--json'), edge)
  }
  const exitCode = worstExit([told instanceof KeyrollerError ? told.exit : 'internal'])
  if (args.includes('--json')) printJson(stdout, { error: fault, exit: exitCode })
  else printLines(stderr, [`keyroller: ${fault.message}`, `hint: ${fault.hint}`])
  return exitCode
}

function usageError({ message }: CommanderError): KeyrollerError {
  return new KeyrollerError('usage-invalid', message.replace(/^error: /, '').replace(/\.$/, ''))
}
