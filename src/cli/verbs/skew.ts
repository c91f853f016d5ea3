import { type CommonOptions, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'
import { skewLines } from './status.ts'

export const addSkew: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'skew',
    summary: 'how far keyroller and the agents on this host are from the version of the server',
    example: 'keyroller skew --json',
    exits: '9 the server could not be asked. Skew itself is told, not an exit code',
  }).action(async (options: CommonOptions) => {
    const config = configFor(options, edge)
    const { reportSkew, withVault } = await import('../../run/server.ts')
    const { version } = await withVault(config, edge.host, edge.signal, (vault) => vault.health())
    const report = await reportSkew(config, edge.host, version)
    if (options.json) printJson(edge.stdout, report)
    else printLines(edge.stdout, skewLines(report).slice(1))
    finish(0)
  })
}
