import { describe, expect, test } from 'vitest'
import { DOCTOR_CHECKS, diagnose } from '../../../../src/core/doctor/checks.ts'
import { absent, certificate, config, facts, file, observation } from '../builders.ts'
import { HOST_BREAKS } from './breaks.ts'
import { OUTER_BREAKS } from './outer-breaks.ts'
import { soundFacts } from './sound-facts.ts'

const BREAKS = [...HOST_BREAKS, ...OUTER_BREAKS]
const web = certificate('web')

test('a sound host: every check is ok, in the order of the table', () => {
  const found = diagnose(soundFacts())
  expect(found.filter(({ severity }) => severity !== 'ok')).toEqual([])
  expect(found.map(({ id }) => id)).toEqual(DOCTOR_CHECKS.map(({ id }) => id))
})

describe('one thing broken, one line that is not ok', () => {
  test.each(BREAKS)('%s', (_, changes, id, severity, word) => {
    const found = diagnose(soundFacts(changes)).filter((one) => one.severity !== 'ok')
    expect(new Set(found.map((one) => `${one.id} ${one.severity}`))).toEqual(new Set([`${id} ${severity}`]))
    expect(JSON.stringify(found)).toContain(word)
    expect(found[0]?.fix).toMatch(/\S/)
  })

  test('every check is broken once', () => {
    const broken = new Set(BREAKS.map(([, , id]) => id))
    expect(DOCTOR_CHECKS.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([])
  })
})

test('an identity without a pair is enrolled', () => {
  const next = { action: 'hold', reason: 'not-enrolled', message: 'no pair' } as const
  const installed = { state: 'no', reason: 'because', message: 'missing' } as const
  const found = diagnose(soundFacts({ web: { next, installed } })).find(({ id }) => id === 'installed')
  expect(found).toMatchObject({ severity: 'fail', fix: expect.stringContaining('keyroller enroll') })
})

test('what is not there or not asked about is not judged', () => {
  const { nowMs, uid, configuration } = soundFacts()
  expect(diagnose({ nowMs, uid, configuration }).map(({ id }) => id)).toEqual(['config'])
  const uncounted = [{ path: '/srv', mode: 0o700, holdsKeys: false, freeBytes: 2 ** 30 }]
  const ids = diagnose(soundFacts({ host: { directories: uncounted } })).map(({ id }) => id)
  expect(ids).not.toContain('inodes')
})

test('a key that is not there has no mode; a unit that is told by a restart needs no ExecReload=', () => {
  const missing = observation(config(web), { [web.id]: facts({ files: [absent(file('key'))] }) })
  const found = diagnose(
    soundFacts({ host: { observation: missing }, unit: { canReload: false, restarts: true } }),
  )
  expect(found.filter(({ severity }) => severity !== 'ok')).toEqual([])
})

test('a host without systemd that tells no unit is only warned', () => {
  const host = { config: config(web) }
  const found = diagnose(soundFacts({ host, facts: { systemd: { silence: 'ENOENT', units: [] } } }))
  expect(found.filter(({ severity }) => severity !== 'ok')).toMatchObject([
    { id: 'systemd', severity: 'warn' },
  ])
})
