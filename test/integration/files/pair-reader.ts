/**
 * Reads the sets of a switched host in a tight loop until its input ends, then prints every distinct sight it had of one: by
 * the names, one after the other, as most consumers read; and `opened`, in the directory that the middle link leads to, as one
 * reads that takes no chance. A sight by the names is one only if the middle link was not switched while it lasted.
 */
import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { middleName } from '../../../src/files/switching/generation-names.ts'
import { HOMES, rolesOf, type Scenario } from './switched-host.ts'

const [root = '', written = ''] = process.argv.slice(2)
const scenario: Scenario = JSON.parse(written)
const names = rolesOf(scenario.files).map((role) => `${role}.pem`)
const seen = new Set<string>()
let isOver = false
process.stdin.once('end', () => {
  isOver = true
})
process.stdin.resume()
process.stdout.write('reading\n')

do {
  for (const [id, home] of HOMES) {
    lookByNames(join(root, home), middleName(id))
    lookOpened(join(root, home, middleName(id)))
  }
  await setImmediate()
} while (!isOver)
process.stdout.write(JSON.stringify([...seen].sort()))

function lookByNames(home: string, middle: string): void {
  const before = attempt(() => readlinkSync(join(home, middle)))
  const states = statesIn(home)
  if (attempt(() => readlinkSync(join(home, middle))) === before) note(states)
}

function lookOpened(middle: string): void {
  const fd = attempt(() => openSync(middle, constants.O_RDONLY | constants.O_DIRECTORY))
  if (fd === undefined) return
  note(`opened ${statesIn(`/proc/self/fd/${fd}`)}`)
  closeSync(fd)
}

/** The marks of all files: one when they belong together. */
function statesIn(folder: string): string {
  const states = names.map((name) => attempt(() => readFileSync(join(folder, name), 'utf8').slice(0, 3)))
  return [...new Set(states.map((state) => state ?? 'none'))].join(' and ')
}

function note(sight: string): void {
  seen.add(sight)
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
