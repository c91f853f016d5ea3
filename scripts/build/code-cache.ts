/** Rehearses a run in which nothing is due, and keeps what V8 compiled for it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { settledHost } from './settled-host.ts'

/** Writes the code cache of `programPath` to `cachePath`. Throws when the rehearsal fails, or V8 would refuse the cache. */
export async function makeCodeCache(programPath: string, cachePath: string, scratch: string): Promise<void> {
  const configFile = await settledHost(join(scratch, 'host'))
  const rehearse = join(import.meta.dirname, 'rehearse.cjs')
  const args = ['--random-seed=1', rehearse, programPath, cachePath, 'renew', '--config', configFile]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(`rehearsal: expected exit 0, found ${status}\n${stdout}${stderr}`)
  assertUsable(programPath, cachePath)
}

/** In this process, which runs without the fixed seed, as the executable will. */
function assertUsable(programPath: string, cachePath: string): void {
  const script = new Script(readFileSync(programPath, 'latin1'), {
    filename: 'keyroller.cjs',
    cachedData: readFileSync(cachePath),
  })
  if (script.cachedDataRejected) throw new Error(`${cachePath}: expected V8 to accept the code cache`)
}
