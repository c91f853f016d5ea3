import { selectOne } from '../../core/select.ts'
import { type Edge, printJson } from '../edge.ts'
import { addLogOption, type RunOptions, reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface RevokeVerbOptions extends RunOptions {
  readonly serial?: string
  readonly withKey?: boolean
}

export const addRevoke: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'revoke',
    summary:
      'revoke the certificates of a material that were replaced and are kept; what is installed is not touched',
    example: 'keyroller renew --now certificate/web && keyroller revoke certificate/web',
    exits: 'see keyroller --help; 2 nothing to revoke is kept; 6 the policy does not allow it',
  })
    .argument('<name>', 'one material: NAME, identity/NAME or certificate/NAME')
    .option('--serial <serial>', 'this certificate alone; default: every kept one that is still valid')
    .option('--with-key', 'send its own key as proof, where the host may revoke nothing else')
  addLogOption(verb).action(async (name: string, options: RevokeVerbOptions) =>
    finish(await runRevoke(name, options, edge)),
  )
}

async function runRevoke(name: string, options: RevokeVerbOptions, edge: Edge): Promise<number> {
  const config = configFor(options, edge)
  const material = selectOne(name, config.materials)
  const { revoke } = await import('../../run/revoke.ts')
  const { host, signal } = edge
  const listener = await reporterFor(options, edge)
  const result = await revoke({
    ...{ config, host, signal, listener, lockWaitMs: 0, material },
    withKey: options.withKey ?? false,
    ...(options.serial === undefined ? {} : { serial: options.serial }),
  })
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}
