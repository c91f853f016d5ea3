import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderFamilies } from '../../../../src/core/status/exposition.ts'
import { metricsOf } from '../../../../src/core/status/metrics.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { everything } from '../metrics-input.ts'

const text = renderFamilies(metricsOf(everything()))

test.each([
  'keyroller_build_info{version="0.1.0",node="26.10.0"} 1',
  'keyroller_run_last_timestamp_seconds 1780315200',
  'keyroller_run_duration_seconds 1.5',
  'keyroller_certificate_not_after_timestamp_seconds{kind="certificate",name="web"} 1781611200',
  'keyroller_material_ready{kind="certificate",name="web"} 0',
  'keyroller_material_rung{kind="certificate",name="web",rung="issued",state="yes"} 1',
  'keyroller_material_rung{kind="certificate",name="web",rung="loaded",state="no"} 1',
  'keyroller_material_rung{kind="certificate",name="web",rung="served",state="unknown"} 1',
  'keyroller_material_failures{kind="certificate",name="web",fault="vault-unreachable"} 1',
  'keyroller_material_last_success_timestamp_seconds{kind="certificate",name="web"} 1780315140',
  'keyroller_material_last_attempt_timestamp_seconds{kind="certificate",name="web"} 1780315170',
  'keyroller_owed_reloads 1',
  'keyroller_owed_reload_attempts{target="podman:proxy"} 1',
  'keyroller_owed_reload_retry_timestamp_seconds{target="podman:proxy"} 1780315260',
  'keyroller_server_skew{verdict="same"} 1',
  'keyroller_ledger_entries 7',
  'keyroller_keyset_version_in_use{name="tokens"} 3',
  `keyroller_keyset_next_rotation_timestamp_seconds{name="tokens"} ${(NOW_MS + 70 * DAY_MS) / 1000}`,
  'keyroller_keyset_held_since_timestamp_seconds{name="tokens",reason="hosts"} 1780315140',
])('tells %s', (line) => expect(text.split('\n')).toContain(line))

test('docs/monitoring.md names every metric, and no other', () => {
  const page = readFileSync(new URL('../../../../docs/monitoring.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `keyroller_'))
  const named = rows.flatMap((row) => row.match(/keyroller_\w+/g) ?? [])
  expect(named.toSorted()).toEqual(
    metricsOf(everything())
      .map(({ name }) => name)
      .toSorted(),
  )
})

test('what could break a label is escaped', () => {
  const sample = { labels: { a: 'x"\\\n' }, value: 1 }
  expect(renderFamilies([{ name: 'm', help: 'h', samples: [sample] }])).toContain('m{a="x\\"\\\\\\n"} 1\n')
})
