/**
 * npm run build: dist/keyroller, one executable that needs no Node. Beside it dist/keyroller.cjs for a debugger, and the
 * licences and the bill of materials of what is inside. The same sources, packages and Node give the same bytes.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './build/bundle.ts'
import { splitChunks } from './build/chunks.ts'
import { makeProgram } from './build/code-cache.ts'
import { makeExecutable } from './build/executable.ts'
import { bundledPackages, licenseTexts, type Package } from './build/packages.ts'
import { sbom } from './build/sbom.ts'

async function main(): Promise<void> {
  // esbuild writes paths relative to the working directory into the bundle.
  process.chdir(join(import.meta.dirname, '..'))
  const product: Package = JSON.parse(readFileSync('package.json', 'utf8'))
  const scratch = mkdtempSync(join(tmpdir(), 'keyroller-build-'))
  try {
    await build(product, scratch)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function build(product: Package, scratch: string): Promise<void> {
  mkdirSync('dist', { recursive: true })
  const { path, legalPath } = await bundle('src/main.ts', 'dist', product.version)
  const chunks = await splitChunks('src/main.ts', product.version)
  await makeProgram(chunks, scratch)
  makeExecutable({ programDir: scratch, scratch }, 'dist/keyroller')

  const packages = bundledPackages(chunks.metafile)
  writeFileSync('dist/keyroller.cdx.json', `${JSON.stringify(sbom(product, packages), null, 2)}\n`)
  writeFileSync('dist/third-party-licenses.txt', licenseTexts(packages) + readFileSync(legalPath, 'utf8'))
  rmSync(legalPath)
  say(path, `${packages.length} packages`)
  const [hot, cold] = ['hot', 'cold'].map((name) => `${name} ${kilobytes(join(scratch, name))} kB`)
  say('dist/keyroller', `${hot}, ${cold}`)
}

function say(path: string, detail: string): void {
  const seconds = performance.now() / 1000
  console.log(`${path.padEnd(20)} ${kilobytes(path).padStart(7)} kB  ${detail}  (${seconds.toFixed(1)} s)`)
}

function kilobytes(path: string): string {
  return Math.round(statSync(path).size / 1000).toString()
}

await main()
