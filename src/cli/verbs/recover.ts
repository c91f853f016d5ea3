import { type CommonOptions, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

export const addRecover: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'recover',
    summary: 'finish or undo what an interrupted run left, without network; run early at boot',
    example: 'keyroller recover',
    exits: '4 files; 75 a run holds the lock, and has recovered already',
  }).action(async (options: CommonOptions) => {
    const { recoverHost } = await import('../../run/recover-host.ts')
    const { recovery, swept, unrecorded } = await recoverHost(configFor(options, edge), edge.host)
    if (options.json)
      printJson(edge.stdout, { ...recovery, swept, ...(unrecorded === undefined ? {} : { unrecorded }) })
    else {
      printLines(edge.stdout, [
        ...(recovery.damaged === undefined ? [] : [`journal: ${recovery.damaged}`]),
        ...recovery.sets.map(({ material, outcome, message }) => `${material}: ${outcome}: ${message}`),
        ...swept.map((path) => `swept ${path}`),
        ...(unrecorded === undefined ? [] : [`not in the ledger: ${unrecorded}`]),
        ...(recovery.sets.length + swept.length === 0 ? ['nothing to recover'] : []),
      ])
    }
    finish(0)
  })
}
