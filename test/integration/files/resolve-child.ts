/** Prints what the accounts of this process's view of the system make of each name given. */
import { openAccounts } from '../../../src/files/accounts.ts'

const accounts = openAccounts({ uid: 0, gid: 0 })
const asked = process.argv.slice(2).map((name) => accounts.resolve({ kind: 'name', name }, { kind: 'self' }))
process.stdout.write(JSON.stringify(asked))
