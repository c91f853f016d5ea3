import { look } from '../../run/observing/look.ts'
import { renderMetrics } from '../../run/recording/metrics.ts'
import { type CommonOptions, printJson } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

export const addMetrics: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'metrics',
    summary: 'the status as Prometheus reads it; asks nobody, changes nothing',
    example: 'keyroller metrics | promtool check metrics',
    exits: '3 configuration',
  }).action((options: CommonOptions) => {
    const config = configFor(options, edge)
    const text = renderMetrics(config, edge.host, look(config, edge.host, { force: false }))
    if (options.json) printJson(edge.stdout, { schema: 1, metrics: text })
    else edge.stdout.write(text)
    finish(0)
  })
}
