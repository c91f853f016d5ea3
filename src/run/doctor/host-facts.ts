/** What files, directories and the memory of a host say. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { configFileOf } from '../../config/load.ts'
import type { AuthorityFacts, DirectoryFacts, GuardedFile, HostFacts } from '../../core/doctor/facts.ts'
import { directoryOf, PRIVATE_ROLES } from '../../core/file-spec.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { isPaired } from '../../core/material.ts'
import { fileSystemOf } from '../../files/file-system.ts'
import { isGuarded } from '../../files/guarded-path.ts'
import { parseChain } from '../../x509/certificates.ts'
import type { Host } from '../host.ts'
import { look } from '../observing/look.ts'
import { readParts } from '../observing/observe.ts'
import { openTrustStore } from '../observing/trust-store.ts'
import { trustedBy } from '../observing/usable-config.ts'
import { statuses } from '../statuses.ts'

export function lookAtHost(config: HostConfig, host: Host, configFile: string | undefined): HostFacts {
  const seen = look(config, host, { force: false })
  return {
    config,
    observation: seen.observation,
    statuses: statuses(config, seen),
    interrupted: seen.interrupted,
    trusted: guardedFiles(config, host, configFile),
    directories: directoriesIn(config),
    authorities: [...anchorsOf(config, host), ...issuersOf(config, host)],
  }
}

function guardedFiles(config: HostConfig, host: Host, configFile: string | undefined): GuardedFile[] {
  const main = resolve(configFile ?? configFileOf(host))
  const deciding = [main, join(dirname(main), 'keyroller.d/any'), ...trustFiles(config)]
  return [...new Set(deciding)]
    .filter((path) => existsSync(dirname(path)))
    .map((path) => ({ path, guarded: isGuarded(path, host.uid) }))
}

function trustFiles({ vault, materials }: HostConfig): string[] {
  return [...new Set([vault.caFile, ...materials.flatMap(trustedBy).map(({ file }) => file)])]
}

/** Those that are there; that one is missing is a problem of the configuration. */
function directoriesIn({ materials, stateDir, runtimeDir }: HostConfig): DirectoryFacts[] {
  const files = materials.flatMap((material) => material.files)
  const withKeys = new Set(files.filter(({ role }) => PRIVATE_ROLES.has(role)).map(directoryOf))
  const paths = new Set([...files.map(directoryOf), stateDir, runtimeDir])
  return [...paths]
    .filter((path) => existsSync(path))
    .map((path) => {
      const { freeBytes, freeInodes, countsInodes } = fileSystemOf(path)
      return {
        path,
        mode: statSync(path).mode & 0o7777,
        holdsKeys: withKeys.has(path) || path === stateDir,
        freeBytes,
        ...(countsInodes ? { freeInodes } : {}),
      }
    })
}

function anchorsOf(config: HostConfig, host: Host): AuthorityFacts[] {
  const trust = openTrustStore(host.uid)
  return trustFiles(config).map((path) => {
    const anchors = trust(path)
    const certificates = 'fault' in anchors ? [] : anchors.certificates.map(({ facts }) => facts)
    return { subject: path, role: 'anchor', certificates }
  })
}

function issuersOf({ materials }: HostConfig, host: Host): AuthorityFacts[] {
  return materials.filter(isPaired).map((material) => {
    const chain = readParts(material, host, host.clock())?.chainPems ?? []
    const certificates = chain.flatMap((pem) => parseChain(pem)).map(({ facts }) => facts)
    return { subject: material.id, role: 'issuer', certificates }
  })
}
