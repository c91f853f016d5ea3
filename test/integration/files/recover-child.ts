/** Recovers a host prepared by `switchedHost`, as `keyroller recover` does. */
import { recoverHost } from '../../../src/run/recover-host.ts'
import { workWhenTold } from './ready-child.ts'
import { switchedHost } from './switched-host.ts'

const [root = '', scenario = ''] = process.argv.slice(2)
const { config, host } = switchedHost(root, JSON.parse(scenario))
await workWhenTold(() => recoverHost(config, host))
