/** The few words of SVG that are spoken here. */

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What is data of a panel has the class `data`. */
export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeText(content)}</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, look = 'stroke="#e4e7eb"'): string {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" ${look}/>`
}

/** Tenths of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
