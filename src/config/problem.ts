/** One thing wrong with the configuration: where, what was expected, what was found. All of them are listed at once. */
export interface Problem {
  readonly file: string
  /** Key path like `certificate.web.files.key.mode`, or `line 7` for a syntax error; empty for the file as a whole. */
  readonly at: string
  readonly expected: string
  readonly found: string
}

/** Notes a problem that shows only across keys; `path` leads to the key at fault. */
export type Report = (path: readonly string[], expected: string, found: string) => void

export function formatProblem({ file, at, expected, found }: Problem): string {
  return `${file}: ${at === '' ? '' : `${at}: `}expected ${expected}, found ${found}`
}
