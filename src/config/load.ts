import { join } from 'node:path'
import { KeyrollerError } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import { describeIssue } from './describe-issue.ts'
import type { Environment } from './environment.ts'
import { interpret } from './interpret.ts'
import { formatProblem, type Problem } from './problem.ts'
import { isTable, type JoinedFiles, readConfigFiles } from './read-files.ts'
import { configSchema } from './schema.ts'
import { soundPart } from './sound-part.ts'

export interface ConfigSource {
  /** Unset: `/etc/keyroller/keyroller.toml`, or the XDG place of a user. */
  readonly file?: string
  readonly env: Environment
  readonly uid: number
}

/** The configuration, or all of its problems at once. Throws only when a file is missing or not to be trusted. */
export function readConfig(source: ConfigSource): { config: HostConfig } | { problems: readonly Problem[] } {
  const joined = readConfigFiles(source.file ?? configFileOf(source), source.uid)
  const checked = configSchema.safeParse(joined.table)
  const issues = checked.success ? [] : checked.error.issues
  const own = issues.flatMap((issue) => describeIssue(issue, joined.table, joined.fileOf))
  if (!joined.whole) return { problems: [...joined.problems, ...own] }

  const written = checked.success ? checked.data : configSchema.parse(soundPart(joined.table, issues))
  const { config, problems } = interpret(written, {
    ...source,
    fileOf: joined.fileOf,
    identityNames: namesOf(joined),
  })
  const all = [...joined.problems, ...own, ...problems]
  return all.length > 0 ? { problems: all } : { config }
}

function namesOf({ table: { identity } }: JoinedFiles): Set<string> {
  return new Set(isTable(identity) ? Object.keys(identity) : [])
}

/** The configuration; throws `config-invalid` with every problem on a line of its own. */
export function loadConfig(source: ConfigSource): HostConfig {
  const read = readConfig(source)
  if ('config' in read) return read.config
  const lines = read.problems.map((problem) => `\n  ${formatProblem(problem)}`).join('')
  const count = read.problems.length
  throw new KeyrollerError(
    'config-invalid',
    `${count} ${count === 1 ? 'problem' : 'problems'} in the configuration:${lines}`,
  )
}

/** Where the configuration is unless a file is named. */
export function configFileOf({ env, uid }: Omit<ConfigSource, 'file'>): string {
  if (uid === 0) return '/etc/keyroller/keyroller.toml'
  return join(env.XDG_CONFIG_HOME ?? join(env.HOME ?? '/nonexistent', '.config'), 'keyroller/keyroller.toml')
}
