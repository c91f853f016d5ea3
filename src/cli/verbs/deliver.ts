import { readlinkSync } from 'node:fs'
import { KeyrollerError } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

export const addDeliver: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'deliver',
    summary: 'hand a credential to its unit, once per start; keyroller-deliver@NAME.service runs it',
    example: 'systemctl enable --now keyroller-deliver@web-key.socket',
    exits: '2 no such credential, or no socket of systemd; 4 files or the ledger; 11 systemd did not answer',
  })
    .argument('<name>', 'NAME of [credential.NAME]')
    .action(async (name: string, options: CommonOptions) => {
      await runDeliver(name, options, edge)
      finish(0)
    })
}

async function runDeliver(name: string, options: CommonOptions, edge: Edge): Promise<void> {
  const { host, signal, stdout } = edge
  const { deliver, requireSocket } = await import('../../run/delivery/deliver.ts')
  requireSocket(host.env, readlinkSync('/proc/self'))
  const lines: string[] = []
  // The journal has each reading as it happens.
  const told = (text: string) => (options.json ? lines.push(text) : printLines(stdout, [text]))
  await deliver(() => {
    const config = configFor(options, edge)
    return { config, host, signal, told, credential: findCredential(name, config) }
  }, signal)
  if (options.json) printJson(stdout, { schema: 1, lines })
}

function findCredential(name: string, { credentials }: HostConfig) {
  const credential = credentials.find((one) => one.name === name)
  if (credential) return credential
  const found = credentials.map((one) => one.name).join(', ')
  throw new KeyrollerError('usage-invalid', `expected the name of a credential, found ${name}`, {
    hint: found === '' ? 'configure [credential.NAME]' : `those configured: ${found}`,
  })
}
