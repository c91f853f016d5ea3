/**
 * Watches a directory in a tight loop until its input ends, then prints every distinct sight it had: of the file named
 * `key.pem` with its bytes, and of what is staged, each as `what owner:group mode`.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

const [directory = ''] = process.argv.slice(2)
const seen = new Map<string, number>()
let isOver = false
process.stdin.once('end', () => {
  isOver = true
})
process.stdin.resume()
process.stdout.write('watching\n')

while (!isOver) {
  for (const name of readdirSync(directory)) note(name)
  await setImmediate()
}
process.stdout.write(JSON.stringify(Object.fromEntries(seen)))

/** Bytes, mode and owner from one descriptor: what one reader would get. */
function note(name: string): void {
  let fd: number
  try {
    // Through the name, whatever it leads through; what is staged as what it is.
    const flags = name === 'key.pem' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NOFOLLOW
    fd = openSync(join(directory, name), flags)
  } catch {
    return
  }
  const { uid, gid, mode } = fstatSync(fd)
  const what =
    name === 'key.pem' ? readFileSync(fd, 'utf8').slice(0, 3) + fstatSync(fd).size : name.split('.').at(-1)
  closeSync(fd)
  const sight = `${what} ${uid}:${gid} ${(mode & 0o7777).toString(8)}`
  seen.set(sight, (seen.get(sight) ?? 0) + 1)
}
