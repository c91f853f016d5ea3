import { readConfig } from '../../config/load.ts'
import { formatProblem } from '../../config/problem.ts'
import { configJsonSchema } from '../../config/schema.ts'
import { EXIT_CODES } from '../../core/exit-codes.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { MaterialKind } from '../../core/material.ts'
import { findUnusable } from '../../run/observing/usable-config.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { type AddVerb, newVerb } from '../verb.ts'

interface CheckOptions extends CommonOptions {
  /** False with `--no-host`. */
  readonly host: boolean
}

export const addConfig: AddVerb = (program, edge, finish) => {
  const config = program.command('config').description('check the configuration, or print its schema')
  newVerb(config, {
    name: 'check',
    summary: 'read the configuration and list every problem',
    example: 'keyroller config check --config ./keyroller.toml',
    exits: '3 there are problems',
  })
    .option('--no-host', 'the configuration is of another host: look at nothing that it names on this one')
    .action((options: CheckOptions) => finish(check(options, edge)))
  newVerb(config, {
    name: 'schema',
    summary: 'print the JSON Schema of the configuration, for editors',
    example: 'keyroller config schema > /etc/keyroller/schema.json',
    exits: 'nothing else',
  }).action(() => {
    printJson(edge.stdout, configJsonSchema())
    finish(0)
  })
}

function check({ config: file, json, host: isOfHost }: CheckOptions, { host, stdout }: Edge): number {
  const read = readConfig({ env: host.env, uid: host.uid, ...(file === undefined ? {} : { file }) })
  const problems = 'problems' in read ? read.problems : isOfHost ? findUnusable(read.config, host) : []
  if (json) printJson(stdout, { valid: problems.length === 0, problems })
  else
    printLines(
      stdout,
      problems.length > 0 ? problems.map(formatProblem) : ['config' in read ? summary(read.config) : ''],
    )
  return problems.length > 0 ? EXIT_CODES.config.code : 0
}

function summary({ materials }: HostConfig): string {
  const of = (kind: MaterialKind) => materials.filter((one) => one.kind === kind).length
  const bundles = of('bundle') === 0 ? [] : [count(of('bundle'), 'bundle', 'bundles')]
  const secrets = of('secret') === 0 ? [] : [count(of('secret'), 'secret', 'secrets')]
  const pairs = [
    count(of('identity'), 'identity', 'identities'),
    count(of('certificate'), 'certificate', 'certificates'),
  ]
  return `ok: ${[...pairs, ...bundles, ...secrets].join(', ')}`
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
