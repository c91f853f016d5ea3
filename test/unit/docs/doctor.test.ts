/** docs/doctor.md and the table of checks say the same words in the same order. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DOCTOR_CHECKS } from '../../../src/core/doctor/checks.ts'

test('docs/doctor.md has one row per check, in its order, with what to do', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  expect(cells.map(([id]) => id)).toEqual(DOCTOR_CHECKS.map(({ id }) => `\`${id}\``))
  for (const row of cells) expect(row).toEqual(Array(3).fill(expect.stringMatching(/\S{3}/)))
})

test('a check is named once, by words with dashes', () => {
  const ids = DOCTOR_CHECKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
})
