/** Installs the new sets on a host prepared by `switchedHost`. */
import { toFault } from '../../../src/core/errors.ts'
import { installSets } from '../../../src/run/executors/install.ts'
import { workWhenTold } from './ready-child.ts'
import { contextOf, type Scenario, setsOf, switchedHost } from './switched-host.ts'

const [root = '', written = ''] = process.argv.slice(2)
const scenario: Scenario = JSON.parse(written)
const context = contextOf(switchedHost(root, scenario))
await workWhenTold(async () => {
  const { switched, failed } = await installSets(
    context,
    setsOf(root, scenario.files, scenario.layout, 'new'),
  )
  return { switched, failed: [...failed].map(([id, fault]) => [id, toFault(fault)]) }
})
