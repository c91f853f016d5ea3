import { identityToEnrol } from '../../core/planning/enrol.ts'
import { type Edge, printJson } from '../edge.ts'
import { addLogOption, type RunOptions, reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface EnrollVerbOptions extends RunOptions {
  readonly token?: string
  readonly approle?: string
  readonly repair?: boolean
}

export const addEnroll: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'enroll',
    summary: 'give an identity its first certificate, with a secret made for this once',
    example: 'keyroller enroll web --token /run/keyroller/web.token',
    exits: 'see keyroller --help; 2 it has a pair already; 5 the secret was refused',
  })
    .argument('<identity>', 'NAME or identity/NAME')
    .option('--token <file>', 'response-wrapped token in its first line, of root and closed to others')
    .option('--approle <file>', 'TOML with role_id and secret_id or wrapped_secret_id')
    .option('--repair', 'replace the pair that is there; keep it when anything fails')
  addLogOption(verb).action(async (name: string, options: EnrollVerbOptions) =>
    finish(await runEnroll(name, options, edge)),
  )
}

async function runEnroll(name: string, options: EnrollVerbOptions, edge: Edge): Promise<number> {
  const config = configFor(options, edge)
  const identity = identityToEnrol(name, config.materials)
  const [{ readEnrolmentSecret }, { enrol }] = await Promise.all([
    import('../../config/enrolment-file.ts'),
    import('../../run/enrol.ts'),
  ])
  const secret = readEnrolmentSecret(options, edge.host.uid)
  const listener = await reporterFor(options, edge)
  const { host, signal } = edge
  const isRepair = options.repair ?? false
  const result = await enrol({ config, host, signal, listener, lockWaitMs: 0, identity, secret, isRepair })
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}
