/** What tellers need beside their target, for tests that say only what matters to them. */
import { readFileSync } from 'node:fs'
import type { TellRun } from '../../../src/reload/tell.ts'

export function tellRun(change: Partial<TellRun> = {}): TellRun {
  return {
    alreadyTold: new Map(),
    restarted: new Map(),
    signal: new AbortController().signal,
    hookEnvironment: {},
    podmanSocket: '/nonexistent/podman.sock',
    dockerSocket: '/nonexistent/docker.sock',
    environment: process.env,
    clock: Date.now,
    readTrusted: (path) => readFileSync(path, 'utf8'),
    ...change,
  }
}
