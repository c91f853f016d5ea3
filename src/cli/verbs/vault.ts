import { FAULTS, toFault } from '../../core/errors.ts'
import { worstExit } from '../../core/exit-codes.ts'
import type { ServerChange } from '../../core/server-side/compare.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, newVerb, OPERATOR_EXITS, TOKEN } from '../verb.ts'

interface VaultOptions extends CommonOptions {
  readonly token?: string
  readonly commands?: boolean
  readonly certOnly?: boolean
  readonly withKvSeed?: string
}

const CERT_ONLY = 'also tell every auth method beside cert and token; none is disabled'
const SEED = 'JSON file of values for secrets that are not there yet: { "NAME": { "field": "value" } }'

export const addVault: AddVerb = (program, edge, finish) => {
  const vault = program
    .command('vault')
    .description('the server side, for an operator with rights: what this host needs, and making it so')
  newVerb(vault, {
    name: 'policy',
    summary: 'print the policy each identity needs; asks nobody',
    example: 'keyroller vault policy web | vault policy write keyroller-web -',
    exits: '2 no such identity; 3 configuration',
  })
    .argument('[identity]', 'NAME or identity/NAME; default: all')
    .action(async (name: string | undefined, options: CommonOptions) => {
      await showPolicies(name, options, edge)
      finish(0)
    })
  newVerb(vault, {
    name: 'plan',
    summary: 'compare roles, policies and mappings with what this host needs; changes nothing',
    example: 'keyroller vault plan --commands',
    exits: OPERATOR_EXITS,
  })
    .option('--token <file>', TOKEN)
    .option('--cert-only', CERT_ONLY)
    .option('--with-kv-seed <file>', SEED)
    .option('--commands', "print the changes as commands of Vault's own client")
    .action(async (options: VaultOptions) => {
      await showPlan(options, edge)
      finish(0)
    })
  newVerb(vault, {
    name: 'apply',
    summary: 'make the changes that vault plan shows; a second time there are none',
    example: 'keyroller vault apply',
    exits: OPERATOR_EXITS,
  })
    .option('--token <file>', TOKEN)
    .option('--cert-only', CERT_ONLY)
    .option('--with-kv-seed <file>', SEED)
    .action(async (options: VaultOptions) => {
      finish(await apply(options, edge))
    })
}

async function showPolicies(name: string | undefined, options: CommonOptions, edge: Edge): Promise<void> {
  const config = configFor(options, edge)
  const { materials } = config
  const [{ identityToEnrol }, { policyOf }] = await Promise.all([
    import('../../core/planning/enrol.ts'),
    import('../../core/server-side/wanted.ts'),
  ])
  const asked = name === undefined ? undefined : identityToEnrol(name, materials).id
  const policies = materials
    .filter((material) => material.kind === 'identity')
    .filter(({ id }) => asked === undefined || id === asked)
    .map((identity) => ({ identity: identity.id, ...policyOf(identity, config) }))
  if (options.json) {
    printJson(edge.stdout, {
      schema: 1,
      policies: policies.map(({ identity, name, rules }) => ({ identity, name, rules })),
    })
  } else
    printLines(
      edge.stdout,
      policies.map(({ rules }) => rules.trimEnd()),
    )
}

async function showPlan(options: VaultOptions, edge: Edge): Promise<void> {
  const { planServerSide } = await import('../../run/server-side.ts')
  const changes = await planServerSide(requestOf(options, edge))
  if (options.json) return printJson(edge.stdout, { schema: 1, changes })
  if (options.commands) {
    const { commandsFor } = await import('../../core/server-side/commands.ts')
    return printLines(edge.stdout, commandsFor(changes))
  }
  printLines(edge.stdout, [...changes.flatMap(changeLines), summary(changes, PLANNED)])
}

/** What was made before a change was refused is told too: the server holds it. */
async function apply(options: VaultOptions, edge: Edge): Promise<number> {
  const { applyServerSide } = await import('../../run/server-side.ts')
  const made: ServerChange[] = []
  const say = (change: ServerChange) => {
    made.push(change)
    if (!options.json) printLines(edge.stdout, changeLines(change))
  }
  try {
    const changes = await applyServerSide(requestOf(options, edge), say)
    if (options.json) printJson(edge.stdout, { schema: 1, changes })
    else printLines(edge.stdout, [summary(changes, APPLIED)])
    return 0
  } catch (error) {
    if (made.length === 0) throw error
    return tellHalf(error, made, options, edge)
  }
}

function tellHalf(error: unknown, made: readonly ServerChange[], { json }: VaultOptions, edge: Edge): number {
  if (!json) {
    printLines(edge.stdout, [`${summary(made, APPLIED)}, then no further`])
    throw error
  }
  const fault = toFault(error)
  const exit = worstExit([FAULTS[fault.code].exit])
  printJson(edge.stdout, { schema: 1, changes: made, error: fault, exit })
  return exit
}

function requestOf({ token, certOnly = false, withKvSeed, ...options }: VaultOptions, edge: Edge) {
  const { host, signal } = edge
  return { config: configFor(options, edge), host, signal, tokenFile: token, certOnly, seedFile: withKvSeed }
}

/** What stays as it is is counted and not listed. */
function changeLines(change: ServerChange): string[] {
  if (change.action === 'keep') return []
  const head = `${change.path}: ${change.message}`
  if (change.action === 'refuse') return [`${head} (not done by keyroller)`]
  if (change.action === 'seed') return [head]
  return [
    head,
    ...change.differences.map(
      ({ field, wanted, found }) => `  ${field}: ${brief(found)} -> ${brief(wanted)}`,
    ),
  ]
}

function brief(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value !== 'string') return JSON.stringify(value)
  const [first = '', ...more] = value.trim().split('\n')
  return more.length === 0 ? JSON.stringify(first) : `${JSON.stringify(first)} and ${more.length} lines`
}

const PLANNED = { create: 'to create', update: 'to update', seed: 'to seed' } as const
const APPLIED = { create: 'created', update: 'updated', seed: 'seeded' } as const

function summary(changes: readonly ServerChange[], words: typeof PLANNED | typeof APPLIED): string {
  const count = (action: ServerChange['action']) => changes.filter((one) => one.action === action).length
  const parts = [
    `${count('create')} ${words.create}`,
    `${count('update')} ${words.update}`,
    ...(count('seed') > 0 ? [`${count('seed')} ${words.seed}`] : []),
    `${count('keep')} as they should be`,
  ]
  const refused = count('refuse')
  return [...parts, ...(refused > 0 ? [`${refused} for you to mend`] : [])].join(', ')
}
