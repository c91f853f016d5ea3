import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const NFPM = 'github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2'

/** nfpm on PATH, or in keyroller's cache, or installed there now with Go (a minute or two). */
export function findNfpm(): string {
  if (spawnSync('nfpm', ['--version']).status === 0) return 'nfpm'
  const bin = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'keyroller/bin')
  const cached = join(bin, 'nfpm')
  if (!existsSync(cached)) {
    console.error(`installing ${NFPM} into ${bin}`)
    execFileSync('go', ['install', NFPM], { env: { ...process.env, GOBIN: bin }, stdio: 'inherit' })
  }
  return cached
}
