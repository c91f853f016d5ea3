import type { Problem } from '../../config/problem.ts'
import { readTrustedFile } from '../../config/trusted-file.ts'
import { directoryOf, type FileSpec, fileKey } from '../../core/file-spec.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Material } from '../../core/material.ts'
import { openAccounts } from '../../files/accounts.ts'
import { isExecutable } from '../../files/executable.ts'
import { holdDirectory } from '../../files/held-directory.ts'
import { findDisk } from '../../files/in-memory.ts'
import { parseAnchors } from '../../x509/anchors.ts'
import type { Host } from '../host.ts'
import { readToken } from '../notify/read-token.ts'
import { findUnusablePushes } from '../push/find-unusable.ts'
import { fileForm } from './file-form.ts'
import { problemOf } from './problem-of.ts'

/**
 * What of a valid configuration this host cannot use: accounts it does not have, CA and password files that are missing or
 * unfit, directories that are not there or on a disk where memory is asked for, programs that cannot be run, inboxes that are not root's
 * alone. Reads only.
 */
export function findUnusable(config: HostConfig, host: Host): Problem[] {
  return [
    ...findAccounts(config, host),
    ...findCaFiles(config, host),
    ...findPasswords(config, host),
    ...findPlaces(config),
    ...findPrograms(config),
    ...findToken(config, host),
    ...findUnusablePushes(config.materials, host),
  ]
}

function findAccounts({ materials }: HostConfig, host: Host): Problem[] {
  const accounts = openAccounts(host)
  return filesOf(materials).flatMap(({ at, spec: { path, owner, group } }): Problem[] => {
    const wanted = accounts.resolve(owner, group)
    if (wanted.state === 'resolved') return []
    return [{ file: path, at, expected: 'an owner and group this host knows', found: wanted.why }]
  })
}

function findCaFiles({ vault, notify, materials }: HostConfig, { uid }: Host): Problem[] {
  const files = new Map([[vault.caFile, 'vault.ca_file']])
  for (const { file, at } of materials.flatMap(trustedBy)) files.set(file, files.get(file) ?? at)
  const { caFile } = notify.webhook ?? {}
  if (caFile !== undefined) files.set(caFile, files.get(caFile) ?? 'notify.webhook.ca_file')
  return [...files].flatMap(([file, at]) =>
    problemOf({ file, at, expected: 'a usable CA file' }, () =>
      parseAnchors(readTrustedFile(file, uid), file),
    ),
  )
}

/** What a material is judged by, or follows. */
export function trustedBy(material: Material): { readonly file: string; readonly at: string }[] {
  switch (material.kind) {
    case 'identity':
    case 'certificate':
      return [{ file: material.issuance.trustFile, at: 'pki.trust_file' }]
    case 'bundle': {
      const { source } = material
      return source.kind === 'file'
        ? [{ file: source.path, at: `${tableOf(material.id)}.file` }]
        : [{ file: source.trustFile, at: 'pki.trust_file' }]
    }
    case 'secret':
    case 'keyset':
      return []
  }
}

function findPasswords({ materials }: HostConfig, { uid }: Host): Problem[] {
  return filesOf(materials).flatMap(({ at, spec }) => {
    const file = spec.pkcs12?.passwordFile
    if (file === undefined) return []
    const where = { file, at: `${at}.password_file`, expected: 'a usable password file' }
    return problemOf(where, () => fileForm(spec, uid))
  })
}

/** Each directory once, where the configuration first names it; for what is ephemeral once more. */
function findPlaces({ materials }: HostConfig): Problem[] {
  const places = Map.groupBy(filesOf(materials), ({ spec, ephemeral }) => `${ephemeral} ${directoryOf(spec)}`)
  return [...places.values()].flatMap(([first]) => (first ? findPlace(first) : []))
}

function findPlace({ at, spec, ephemeral }: ConfiguredFile): Problem[] {
  const file = directoryOf(spec)
  return problemOf({ file, at, expected: 'a directory to write in' }, () => {
    const directory = holdDirectory(file)
    try {
      const disk = ephemeral ? findDisk(directory) : undefined
      if (disk) throw disk
    } finally {
      directory.close()
    }
  })
}

function findPrograms({ agentBinaries, notify, materials }: HostConfig): Problem[] {
  const hooks = materials.flatMap(({ id, reload }) =>
    reload.flatMap((target) =>
      target.kind === 'exec' ? [{ file: target.argv[0], at: `${tableOf(id)}.reload` }] : [],
    ),
  )
  const binaries = agentBinaries.map((file) => ({ file, at: 'agents.binaries' }))
  const told = notify.exec ? [{ file: notify.exec[0], at: 'notify.exec' }] : []
  return [...hooks, ...told, ...binaries]
    .filter(({ file }) => !isExecutable(file))
    .map((where) => ({ ...where, expected: 'a program', found: 'none that can be run' }))
}

/** A credential is there for the unit alone, and whoever checks the configuration is a person. */
function findToken({ notify: { webhook } }: HostConfig, host: Host): Problem[] {
  const token = webhook?.token
  if (!token || !('file' in token)) return []
  const where = { file: token.file, at: 'notify.webhook.token_file', expected: 'a usable token file' }
  return problemOf(where, () => readToken(token, host))
}

interface ConfiguredFile {
  /** Where the configuration says it, like `certificate.web.files.key`. */
  readonly at: string
  readonly spec: FileSpec
  readonly ephemeral: boolean
}

function filesOf(materials: readonly Material[]): ConfiguredFile[] {
  return materials.flatMap(({ id, files, ephemeral }) =>
    files.map((spec) => ({ at: `${tableOf(id)}.files.${fileKey(spec)}`, spec, ephemeral })),
  )
}

function tableOf(id: Material['id']): string {
  return id.replace('/', '.')
}
