import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keyrollerCommand } from '../host.ts'
import { appNames } from '../pki.ts'
import type { HostScenario } from '../scenario-s2.ts'

/** Writes a program to play with the stage and one to take it down; gives the lines that say how. */
export async function keepStage(stage: HostScenario): Promise<string[]> {
  const keyroller = join(stage.dir, 'keyroller')
  const stop = join(stage.dir, 'stop')
  const settings = Object.entries(stage.host.env).map(
    ([name, value]) => `export ${name}=${quote(value ?? '')}`,
  )
  const command = keyrollerCommand().map(quote).join(' ')
  await writeProgram(keyroller, [
    ...settings,
    `exec ${command} "$@" --config ${quote(stage.host.configFile)}`,
  ])
  const stopping = [process.execPath, join(import.meta.dirname, 'stop.ts'), stage.dir, ...pidsOf(stage)]
  await writeProgram(stop, [`exec ${stopping.map(quote).join(' ')}`])
  const [name = ''] = stage.host.apps.map((app) => appNames(app.name).leafName)
  return [
    `${keyroller} status`,
    `${keyroller} renew --now`,
    `openssl s_client -connect 127.0.0.1:${stage.proxyPort} -servername ${name} </dev/null`,
    `export VAULT_ADDR=${stage.vault.address} VAULT_CACERT=${stage.vault.caFile} VAULT_TOKEN=${stage.vault.rootToken}`,
    `${stop}   # ends all of it and removes the folder`,
  ]
}

function pidsOf(stage: HostScenario): string[] {
  return [stage.vault.pid(), ...stage.pids].map(String)
}

async function writeProgram(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`)
  await chmod(path, 0o700)
}

/** For sh(1): nothing is special within single quotes but the quote itself. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
