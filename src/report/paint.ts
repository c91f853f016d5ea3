/** Colour, where whoever decides `enabled` says that it is seen and wanted. */
export interface Paint {
  green(text: string): string
  yellow(text: string): string
  red(text: string): string
}

export function paint(enabled: boolean): Paint {
  const wrap = (code: number) => (text: string) => (enabled ? `\x1b[${code}m${text}\x1b[0m` : text)
  return { green: wrap(32), yellow: wrap(33), red: wrap(31) }
}
