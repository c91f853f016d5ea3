import { Option } from 'commander'
import type { CheckId } from '../../core/doctor/checks.ts'
import { type Finding, SEVERITIES, type Severity } from '../../core/doctor/finding.ts'
import { EXIT_CODES } from '../../core/exit-codes.ts'
import { type Paint, paint } from '../../report/paint.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from '../edge.ts'
import { type AddVerb, newVerb } from '../verb.ts'

interface DoctorOptions extends CommonOptions {
  readonly offline?: boolean
  readonly signOff?: boolean
}

export const addDoctor: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'doctor',
    summary: 'everything that will bite later, each with what to do about it; changes nothing',
    example: 'keyroller doctor --offline',
    exits: '12 a line fails; warnings alone are none',
  })
    .addOption(new Option('--offline', 'ask nothing of the network').conflicts('signOff'))
    .option('--sign-off', 'the list to sign before a host is operator-ready: verify included, warnings count')
    .action(async (options: DoctorOptions) => finish(await examineHost(options, edge)))
}

async function examineHost(options: DoctorOptions, edge: Edge): Promise<number> {
  const { config, json, offline = false, signOff = false } = options
  const [{ examine }, { diagnose }] = await Promise.all([
    import('../../run/doctor.ts'),
    import('../../core/doctor/checks.ts'),
  ])
  const { host, signal, stdout } = edge
  const file = config === undefined ? {} : { configFile: config }
  const facts = await examine({ ...file, host, signal, offline })
  const findings = diagnose(facts)
  if (signOff) return (await import('../sign-off.ts')).printSignOff(findings, facts, options, edge)
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, count(severity)]))
  const color = paint(takesEscapes(stdout, edge))
  if (json) printJson(stdout, { schema: 1, ...counts, findings })
  else
    printLines(stdout, [
      ...findings.flatMap((finding) => linesOf(finding, color)),
      SEVERITIES.map((severity) => `${counts[severity]} ${severity}`).join(', '),
    ])
  return count('fail') > 0 ? EXIT_CODES.verify.code : 0
}

function linesOf({ id, severity, subject, expected, found, fix }: Finding<CheckId>, color: Paint): string[] {
  const word = wordFor(severity, color)
  if (severity === 'ok') return [`${word}  ${id}: ${expected}`]
  const head = `${word}  ${id}: ${subject}: expected ${expected}, found ${found}`
  return [head, `      fix: ${fix}`]
}

function wordFor(severity: Severity, { green, yellow, red }: Paint): string {
  switch (severity) {
    case 'ok':
      return green('ok  ')
    case 'warn':
      return yellow('warn')
    case 'fail':
      return red('FAIL')
  }
}
