import { EXIT_CODES } from '../../core/exit-codes.ts'
import { selectMaterials } from '../../core/select.ts'
import { paint } from '../../report/paint.ts'
import type { VerifyLine } from '../../run/verify.ts'
import { type CommonOptions, printJson, printLines, takesEscapes } from '../edge.ts'
import { type AddVerb, configFor, NAMES, newVerb } from '../verb.ts'

export const addVerify: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'verify',
    summary: 'go through the checklist of every material, a real login and a real client included',
    example: 'keyroller verify identity/web',
    exits: '12 a line fails; 2 no such name; 3 configuration',
  })
    .argument('[name...]', `only these materials: ${NAMES}`)
    .action(async (names: string[], options: CommonOptions) => {
      const config = configFor(options, edge)
      const { verify } = await import('../../run/verify.ts')
      const lines = await verify(config, edge.host, selectMaterials(names, config.materials), edge.signal)
      const failed = lines.filter(({ pass }) => !pass).length
      const color = paint(takesEscapes(edge.stdout, edge))
      if (options.json) printJson(edge.stdout, { pass: failed === 0, lines })
      else
        printLines(edge.stdout, [
          ...lines.map((line) => show(line, color)),
          `${lines.length - failed} pass, ${failed} fail`,
        ])
      finish(failed === 0 ? 0 : EXIT_CODES.verify.code)
    })
}

function show({ subject, check, pass, message }: VerifyLine, color: ReturnType<typeof paint>): string {
  return `${pass ? color.green('pass') : color.red('FAIL')}  ${subject}: ${check}: ${message}`
}
