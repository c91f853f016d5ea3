/** Rows as columns as wide as their widest cell; `shade` colours a cell that is padded already. */
export function columns(
  rows: readonly (readonly string[])[],
  shade: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const [first = []] = rows
  const widths = first.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((cells, row) =>
    cells
      .map((cell, column) => shade(cell.padEnd(widths[column] ?? 0), row, column))
      .join('  ')
      .trimEnd(),
  )
}
