/** A keyset of a host, with its record and the memory of it made older together: what falls due then is due for any run. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadConfig } from '../../../../src/config/load.ts'
import { DIRECTORY_ROLES, type FileSpec } from '../../../../src/core/file-spec.ts'
import { concreteFiles } from '../../../../src/core/keysets/files.ts'
import type { KeysetRecord } from '../../../../src/core/keysets/record.ts'
import { renderKeysetFile } from '../../../../src/x509/keysets/render-keyset.ts'
import type { Host } from '../../../rig/host.ts'
import { DAY_MS } from '../../../rig/scenario-s2.ts'

export interface AgedKeyset {
  readonly host: Pick<Host, 'configFile' | 'keyroller' | 'stateDir'>
  readonly name: string
  /** From its store as it is, whatever that is. */
  readonly read: () => Promise<unknown>
  readonly write: (record: KeysetRecord) => Promise<unknown>
}

/** Nothing else knows its stamps but the memory of its host. */
export async function age({ host, name, read, write }: AgedKeyset, days: number): Promise<KeysetRecord> {
  const record = older(await read(), days) as KeysetRecord
  await write(record)
  const path = join(host.stateDir, 'state.json')
  const state = JSON.parse(readFileSync(path, 'utf8'))
  const { keyset } = state.materials[`keyset/${name}`]
  keyset.document = older(keyset.document, days)
  writeFileSync(path, JSON.stringify(state))
  return record
}

function older(value: unknown, days: number): unknown {
  const text = JSON.stringify(value, (key, inner) => (key.endsWith('Ms') ? inner - days * DAY_MS : inner))
  return JSON.parse(text)
}

/** What of its files is no whole rendering of any of these records; `isSettled`: of the last of them alone, and no file is left of others. */
export function findTorn(
  { host, name }: AgedKeyset,
  records: readonly KeysetRecord[],
  isSettled = false,
): string[] {
  const files = filesOf(host.configFile, name)
  const asked = isSettled ? records.slice(-1) : records
  const sets = asked.map((record) => concreteFiles(files, record.document))
  const paths = [...new Set(sets.flat().map(({ path }) => path))]
  const torn = paths.flatMap((path) => {
    const specs = sets.map((set) => set.find((one) => one.path === path))
    if (!existsSync(path)) return specs.every((one) => one !== undefined) ? [`${path} is not there`] : []
    const isWhole = specs.some((spec, index) => isRendering(spec, asked[index]))
    return isWhole ? [] : [`${path} is no rendering of the document`]
  })
  return [...torn, ...files.flatMap((spec) => (isSettled ? findLeft(spec, paths) : []))]
}

function filesOf(configFile: string, name: string): readonly FileSpec[] {
  const { materials } = loadConfig({ file: configFile, env: {}, uid: 0 })
  return materials.find(({ id }) => id === `keyset/${name}`)?.files ?? []
}

function isRendering(spec: FileSpec | undefined, record: KeysetRecord | undefined): boolean {
  if (!spec || !record) return false
  const standing = readFileSync(spec.path)
  try {
    return renderKeysetFile(spec, record, standing).equals(standing)
  } catch {
    return false
  }
}

/** Staged files, and those of versions that are shown no more. */
function findLeft({ path, role }: FileSpec, wanted: readonly string[]): string[] {
  if (!DIRECTORY_ROLES.has(role)) return []
  const names = readdirSync(path).filter((name) => !wanted.some((one) => basename(one) === name))
  return names.map((name) => `${path}/${name} is left`)
}
