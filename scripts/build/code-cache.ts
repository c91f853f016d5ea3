/** Rehearses a run in which nothing is due: which chunks it loads, and what V8 compiled for it. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import type { Chunks } from './chunks.ts'
import { assemble } from './program.ts'
import { settledHost } from './settled-host.ts'

/**
 * Writes `hot`, `cold` and their code caches into `folder`. The first rehearsal, with everything hot, says what is; the second
 * one is for the caches. Throws when a rehearsal fails, or V8 would refuse a cache.
 */
export async function makeProgram(chunks: Chunks, folder: string): Promise<void> {
  const configFile = await settledHost(join(folder, 'host'))
  const rehearse = (hotNames: ReadonlySet<string>) => {
    const program = assemble(chunks, hotNames)
    for (const name of NAMES) writeFileSync(join(folder, name), program[name], 'latin1')
    rehearseRun(folder, configFile)
  }
  rehearse(new Set(chunks.texts.keys()))
  rehearse(new Set(JSON.parse(readFileSync(join(folder, 'loaded.json'), 'utf8'))))
  for (const name of NAMES) assertUsable(folder, name)
}

const NAMES = ['hot', 'cold'] as const

function rehearseRun(folder: string, configFile: string): void {
  const args = [
    '--random-seed=1',
    join(import.meta.dirname, 'rehearse.cjs'),
    folder,
    'renew',
    '--config',
    configFile,
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(`rehearsal: expected exit 0, found ${status}\n${stdout}${stderr}`)
}

/** In this process, which runs without the fixed seed, as the executable will. */
function assertUsable(folder: string, name: string): void {
  const script = new Script(readFileSync(join(folder, name), 'latin1'), {
    filename: `keyroller-${name}.cjs`,
    cachedData: readFileSync(join(folder, `${name}-cache`)),
  })
  if (script.cachedDataRejected) throw new Error(`${folder}/${name}: expected V8 to accept its code cache`)
}
