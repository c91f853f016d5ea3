import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('services of keyroller leave no core file in any case, nor anything in swap', () => {
  const units = globSync(join(import.meta.dirname, '../../../systemd/keyroller*.service'))
  for (const unit of units) {
    const text = readFileSync(unit, 'utf8')
    expect(text).toContain('\nLimitCORE=0\n')
    expect(text).toContain('\nMemorySwapMax=0\n')
  }
  expect(units.length).toBeGreaterThan(1)
})
