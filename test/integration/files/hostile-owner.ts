/**
 * The owner of a directory, bent on making root write elsewhere: as uid 4242 it swaps targets, staged files and the directory
 * itself for links and back, as fast as it can, until its input ends.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'

const [home = '', outside = ''] = process.argv.slice(2)
process.setgroups?.([])
process.setgid?.(4242)
process.setuid?.(4242)

let isOver = false
process.stdin.once('end', () => {
  isOver = true
})
process.stdin.resume()
process.stdout.write('hostile\n')

const MIDDLE = '.keyroller-certificate-app'
const MOVED = 'moved-'
const victim = join(outside, 'shadow')
const plants: readonly ((path: string) => void)[] = [
  (path) => symlinkSync(victim, path),
  (path) => symlinkSync(join(outside, 'new'), path),
  (path) => mkdirSync(path),
  (path) => writeFileSync(path, 'mine'),
]

const acts = [swapFiles, rest, swapDirectory, rest]
for (let round = 0; !isOver; round += 1) {
  await acts[round % acts.length]?.(round)
  await setImmediate()
}

/** What it cannot remove, a directory of root with files in it, it moves out of the way, and back when it rests. */
function swapFiles(round: number): void {
  const plant = plants[round % plants.length] ?? (() => {})
  for (const name of ['key.pem', MIDDLE, ...list(home)].filter((one) => !one.startsWith(MOVED))) {
    attempt(() => rmSync(join(home, name), { recursive: true, force: true }))
    attempt(() => renameSync(join(home, name), join(home, `${MOVED}${name}`)))
    attempt(() => plant(join(home, name)))
  }
}

async function swapDirectory(): Promise<void> {
  attempt(() => renameSync(home, `${home}.moved`))
  attempt(() => symlinkSync(outside, home))
  await setImmediate()
  attempt(() => rmSync(home))
  attempt(() => renameSync(`${home}.moved`, home))
}

/** A moment without a trap, so that work begins that the next trap can meet half done. */
async function rest(): Promise<void> {
  for (const name of ['key.pem', MIDDLE])
    attempt(() => rmSync(join(home, name), { recursive: true, force: true }))
  for (const name of list(home).filter((one) => one.startsWith(MOVED))) {
    const place = join(home, name.slice(MOVED.length))
    attempt(() => rmSync(place, { recursive: true, force: true }))
    attempt(() => renameSync(join(home, name), place))
  }
  await setTimeout(5)
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path)) ?? []
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
