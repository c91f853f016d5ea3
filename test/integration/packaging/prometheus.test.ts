/** Metrics and rules before Prometheus's own tool. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderFamilies } from '../../../src/core/status/exposition.ts'
import { metricsOf } from '../../../src/core/status/metrics.ts'
import { everything } from '../../unit/core/metrics-input.ts'

const folder = join(import.meta.dirname, '../../../packaging/prometheus')
const rules = join(folder, 'keyroller.rules.yml')

function promtool(args: readonly string[], input = ''): string {
  return execFileSync('promtool', args, { input, encoding: 'utf8', stdio: 'pipe' })
}

test('its linter takes every metric there is', () => {
  expect(promtool(['check', 'metrics'], renderFamilies(metricsOf(everything())))).toBe('')
})

test('it refuses what is no metric', () => {
  expect(() => promtool(['check', 'metrics'], 'keyroller bad\n')).toThrow()
})

test('the rules are rules, and alarm when they should and not before', () => {
  expect(promtool(['check', 'rules', rules])).toMatch(/SUCCESS: 7 rules found/)
  expect(promtool(['test', 'rules', join(folder, 'keyroller.rules.test.yml')])).toContain('SUCCESS')
})

test('the rules speak of metrics that there are', () => {
  const known = new Set(metricsOf(everything()).map(({ name }) => name))
  const used = [...readFileSync(rules, 'utf8').matchAll(/expr: .*/g)].flatMap(
    ([line]) => line.match(/keyroller_\w+/g) ?? [],
  )
  expect(used.length).toBeGreaterThan(6)
  expect(used.filter((name) => !known.has(name))).toEqual([])
})
