import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../rig/command.ts'

const root = join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export interface BuiltPackages {
  readonly executable: string
  readonly deb: string
  readonly rpm: string
}

/** The executable and the packages of the tree as it stands; built when one is missing or older than what it is made of. */
export async function builtPackages(): Promise<BuiltPackages> {
  const built = {
    executable: join(root, 'dist/keyroller'),
    deb: join(root, `dist/keyroller_${version}_amd64.deb`),
    rpm: join(root, `dist/keyroller-${version}-1.x86_64.rpm`),
  }
  if (!isFresh(Object.values(built))) {
    for (const script of ['build', 'package']) {
      await must(['npm', 'run', script], { cwd: root, timeoutMs: 300_000 })
    }
  }
  return built
}

const SOURCES = [
  'src/**/*.ts',
  'scripts/{build,package}*',
  'scripts/{build,package}/*',
  'systemd/**',
  'packaging/**',
  'package*.json',
]

function isFresh(outputs: readonly string[]): boolean {
  if (!outputs.every(existsSync)) return false
  const modified = (path: string) => statSync(path).mtimeMs
  const sources = globSync(SOURCES, { cwd: root }).map((path) => join(root, path))
  return Math.min(...outputs.map(modified)) > Math.max(...sources.map(modified))
}
