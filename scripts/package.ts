/**
 * npm run package: a .deb and an .rpm in dist, of what `npm run build` put there. The same commit and the same executable
 * give the same bytes.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { findNfpm } from './package/find-nfpm.ts'

function main(): void {
  process.chdir(join(import.meta.dirname, '..'))
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  const epochS = process.env.SOURCE_DATE_EPOCH ?? commitTime()
  const scratch = mkdtempSync(join(tmpdir(), 'keyroller-package-'))
  try {
    generate(scratch, version, new Date(Number(epochS) * 1000))
    const env = { ...process.env, VERSION: version, PACKAGE_DIR: scratch, SOURCE_DATE_EPOCH: epochS }
    const nfpm = findNfpm()
    for (const file of [`keyroller_${version}_amd64.deb`, `keyroller-${version}-1.x86_64.rpm`]) {
      const target = join('dist', file)
      execFileSync(
        nfpm,
        ['package', '--config', 'packaging/nfpm.yaml', '--packager', file.slice(-3), '--target', target],
        {
          env,
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      )
      console.log(`${target.padEnd(32)} ${Math.round(statSync(target).size / 1000)} kB`)
    }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** Seconds since 1970, as https://reproducible-builds.org/specs/source-date-epoch/ has it. */
function commitTime(): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }).trim()
}

/** What packages hold compressed. zlib writes no time into it. */
function generate(dir: string, version: string, date: Date): void {
  const texts = {
    'keyroller.8': readFileSync('packaging/keyroller.8', 'utf8').replaceAll('@VERSION@', version),
    'third-party-licenses.txt': readFileSync('dist/third-party-licenses.txt', 'utf8'),
    changelog: debianChangelog(version, date),
  }
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(dir, `${name}.gz`), gzipSync(text, { level: 9 }))
  }
}

/** deb-changelog(5) asks for one; the real one is CHANGELOG.md. */
function debianChangelog(version: string, date: Date): string {
  // RFC 5322, which toUTCString() differs from in the name of the zone.
  const when = date.toUTCString().replace('GMT', '+0000')
  return [
    `keyroller (${version}) stable; urgency=medium`,
    '  * See CHANGELOG.md in the source.',
    ` -- keyroller authors <keyroller@localhost>  ${when}\n`,
  ].join('\n\n')
}

main()
