/** Takes the lock of a runtime directory, says what came of it, and holds it until killed. */
import { takeLock } from '../../../src/run/lock.ts'

const [runtimeDir = '', waitMs = '0'] = process.argv.slice(2)
try {
  await takeLock(runtimeDir, { ms: Number(waitMs), signal: new AbortController().signal })
  process.stdout.write('held\n')
  setInterval(() => {}, 60_000)
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`)
}
