/** Installs the new sets on a host prepared by `switchedHost`. */
import { toFault } from '../../../src/core/errors.ts'
import { installSets } from '../../../src/run/executors/install.ts'
import { workWhenTold } from './ready-child.ts'
import { contextOf, setsOf, switchedHost } from './switched-host.ts'

const [root = '', files = ''] = process.argv.slice(2)
const context = contextOf(switchedHost(root, Number(files)))
await workWhenTold(async () => {
  const { switched, failed } = await installSets(context, setsOf(root, Number(files), 'new'))
  return { switched, failed: [...failed].map(([id, fault]) => [id, toFault(fault)]) }
})
