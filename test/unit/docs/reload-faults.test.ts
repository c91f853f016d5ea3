/** docs/reload-faults.md is what its table gives; `npm run docs:faults` writes it anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderFaultPage } from '../../../scripts/faults/page.ts'

test('docs/reload-faults.md is what npm run docs:faults writes', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/reload-faults.md'), 'utf8')
  expect(page).toBe(renderFaultPage())
})
