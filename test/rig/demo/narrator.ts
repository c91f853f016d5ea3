import type { Finished } from '../command.ts'

/** Tells the demo: headings, what was typed and came back, and each check with its result. */
export interface Narrator {
  readonly heading: (text: string) => void
  readonly say: (text: string) => void
  /** A command as one would type it, and what it printed. */
  readonly command: (typed: string, finished: Finished) => void
  readonly check: (name: string, passed: boolean, detail: string) => void
  /** The last line, which scripts look for. */
  readonly end: (text: string) => void
}

/** Colours on a terminal only, and never where NO_COLOR (https://no-color.org) asks for none. */
export function createNarrator(out: NodeJS.WriteStream): Narrator {
  const paint = out.isTTY && !process.env.NO_COLOR ? colour : (_code: number, text: string) => text
  const line = (text: string) => out.write(`${text}\n`)
  let headings = 0
  return {
    heading: (text) => {
      headings += 1
      line(`\n${paint(BOLD, `${headings}. ${text}`)}`)
    },
    say: (text) => line(`   ${text}`),
    command: (typed, finished) => {
      line(`   ${paint(BOLD, `$ ${typed}`)}`)
      for (const text of `${finished.stdout}${finished.stderr}`.trimEnd().split('\n'))
        line(`   ${paint(DIM, `| ${text}`)}`)
      if (finished.exit !== 0) line(`   ${paint(DIM, `| (exit ${finished.exit})`)}`)
    },
    check: (name, passed, detail) => {
      const mark = passed ? paint(GREEN, 'ok  ') : paint(RED, 'FAIL')
      line(`   ${mark} ${name}${detail === '' ? '' : `: ${detail}`}`)
    },
    end: (text) => line(`\n${text}`),
  }
}

const BOLD = 1
const DIM = 2
const RED = 31
const GREEN = 32

function colour(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`
}
