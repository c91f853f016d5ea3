/** The two tables an operator looks codes up in say what the code says: no row too few, none too many. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FAULTS } from '../../../src/core/errors.ts'
import { EXIT_CODES } from '../../../src/core/exit-codes.ts'

test('docs/exit-codes.md has one row per exit code, in the order in which they win, in the words of --help', () => {
  const rows = tableOf('exit-codes.md').map(([code, name, meaning]) => [Number(code), name, meaning])
  const codes = Object.entries(EXIT_CODES).map(([name, { code, meaning }]) => [code, name, meaning])
  expect(rows).toEqual([[0, '', 'done, or nothing was due'], ...codes])
})

test('docs/errors.md has one row per fault, in the order of the code, with the exit it ends in', () => {
  const rows = tableOf('errors.md').map(([code, exit]) => [code, Number(exit)])
  const faults = Object.entries(FAULTS).map(([code, { exit }]) => [`\`${code}\``, EXIT_CODES[exit].code])
  expect(rows).toEqual(faults)
})

test.each(['exit-codes.md', 'errors.md'])(
  'every row of docs/%s says what it means, what was done, what to do',
  (page) => {
    const rows = tableOf(page)
    expect(rows.length).toBeGreaterThan(10)
    for (const [code, ...cells] of rows) {
      expect([code, cells.length]).toEqual([code, 4])
      for (const cell of cells.slice(1)) expect([code, cell]).toEqual([code, expect.stringMatching(/\S.{5}/)])
    }
  },
)

function tableOf(page: string): string[][] {
  const lines = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8').split('\n')
  const rows = lines.filter((line) => line.startsWith('|')).slice(2)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
