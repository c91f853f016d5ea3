/** Configuration files as an operator would write them, in a folder that is removed after the test. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Environment } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/config/problem.ts'
import type { HostConfig } from '../../../src/core/host-config.ts'

export const VAULT = `[vault]
address = "https://vault.example.com:8200"
ca_file = "/etc/vault-ca.pem"
`
export const PKI = `[pki]
mount = "pki-prod"
trust_file = "/etc/pki-root.pem"
`
export const IDENTITY = `[identity.agent]
mapping = "agent"
role = "agent"
common_name = "agent.example.com"
files = { key = "/srv/agent.key", cert = "/srv/agent.crt" }
`

/** A sound certificate with these lines more; a line for a key that it has already takes its place. */
export function certificate(...lines: readonly string[]): string {
  const sound = [
    'identity = "agent"',
    'role = "web"',
    'common_name = "web.example.com"',
    'files = { key = "/srv/web.key", fullchain = "/srv/web.pem" }',
  ]
  const keyOf = (line: string) => line.split(' = ')[0]
  const kept = sound.filter((line) => !lines.some((one) => keyOf(one) === keyOf(line)))
  return `[certificate.web]\n${[...kept, ...lines].join('\n')}\n`
}

export const SOUND = VAULT + PKI + IDENTITY + certificate()

export interface WrittenFiles {
  readonly folder: string
  readonly main: string
}

/** Writes `keyroller.toml`, and drop-ins by name. */
export function write(main: string, dropIns: Readonly<Record<string, string>> = {}): WrittenFiles {
  const folder = mkdtempSync(join(tmpdir(), 'keyroller-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { 'keyroller.toml': main, ...dropIns }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o644)
  }
  return { folder, main: join(folder, 'keyroller.toml') }
}

/** The problems as an operator reads them, file names without their folder. */
export function problems(
  main: string,
  dropIns: Readonly<Record<string, string>> = {},
  env: Environment = {},
): string[] {
  const { folder, main: file } = write(main, dropIns)
  const read = readConfig({ file, env, uid: process.getuid?.() ?? 0 })
  if ('config' in read) return []
  return read.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''))
}

export function load(
  main: string,
  dropIns: Readonly<Record<string, string>> = {},
  env: Environment = {},
): HostConfig {
  const { main: file } = write(main, dropIns)
  const read = readConfig({ file, env, uid: process.getuid?.() ?? 0 })
  if ('config' in read) return read.config
  throw new Error(read.problems.map(formatProblem).join('\n'))
}
