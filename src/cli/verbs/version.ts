import { TESTED_SERVERS } from '../../core/status/skew.ts'
import { printJson, printLines } from '../edge.ts'
import { type AddVerb, newVerb } from '../verb.ts'

export const addVersion: AddVerb = (program, { host, stdout }, finish) => {
  newVerb(program, {
    name: 'version',
    summary: 'the version of keyroller, of its runtime, and the servers it was tested with',
    example: 'keyroller version --json',
    exits: 'nothing else',
  }).action(({ json }: { json?: boolean }) => {
    const facts = { keyroller: host.version, node: host.nodeVersion, testedServers: TESTED_SERVERS }
    if (json) printJson(stdout, facts)
    else
      printLines(stdout, [
        `keyroller ${facts.keyroller}`,
        `node ${facts.node}`,
        `tested with Vault ${TESTED_SERVERS.join(', ')}`,
      ])
    finish(0)
  })
}
