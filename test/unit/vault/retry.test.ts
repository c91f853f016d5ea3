import { expect, test } from 'vitest'
import type { WireOutcome } from '../../../src/vault/exchange.ts'
import type { Operation } from '../../../src/vault/operation.ts'
import { pauseBeforeRepeat } from '../../../src/vault/retry.ts'

const SIGN: Operation = {
  kind: 'sign',
  pkiMount: 'pki',
  role: 'r',
  commonName: 'c',
  keyType: 'ec-p256',
  policies: [],
}
const LOGIN: Operation = { kind: 'login', authMount: 'cert', mapping: 'm' }

test.each([412, 500, 502, 503, 504])('status %i is asked again twice, a second later', (statusCode) => {
  const pauses = [0, 1, 2].map((repeats) => pauseBeforeRepeat(SIGN, answer(statusCode), repeats))
  expect(pauses).toEqual([1000, 1000, undefined])
})

test.each([200, 204, 307, 400, 403, 404, 405, 413, 472, 473, 501])('status %i stands', (statusCode) => {
  expect(pauseBeforeRepeat(SIGN, answer(statusCode), 0)).toBeUndefined()
})

test.each(['ECONNRESET', 'EPIPE'])('%s is asked again twice', (code) => {
  const lost: WireOutcome = { kind: 'lost', code, phase: 'body' }
  expect([0, 1, 2].map((repeats) => pauseBeforeRepeat(LOGIN, lost, repeats))).toEqual([1000, 1000, undefined])
})

test.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'EPROTO'])('%s stands', (code) => {
  expect(pauseBeforeRepeat(LOGIN, { kind: 'lost', code, phase: 'connect' }, 0)).toBeUndefined()
})

test('neither a stop nor too much is asked again', () => {
  expect(pauseBeforeRepeat(SIGN, { kind: 'stopped', phase: 'answer' }, 0)).toBeUndefined()
  expect(pauseBeforeRepeat(SIGN, { kind: 'too-large' }, 0)).toBeUndefined()
})

test('a sealed server stands', () => {
  expect(pauseBeforeRepeat(SIGN, answer(503, {}, '{"errors":["Vault is sealed"]}'), 0)).toBeUndefined()
})

test('an expired client certificate stands, though Vault says 500', () => {
  const text = '{"errors":["failed to verify client\'s certificate: x509: certificate has expired"]}'
  expect(pauseBeforeRepeat(LOGIN, answer(500, {}, text), 0)).toBeUndefined()
})

test.each([429, 501, 503])('status %i of sys/health is its answer', (statusCode) => {
  expect(pauseBeforeRepeat({ kind: 'health' }, answer(statusCode), 0)).toBeUndefined()
})

test('a quota is waited for without counting', () => {
  expect(pauseBeforeRepeat(SIGN, answer(429), 50)).toBe(1000)
  expect(pauseBeforeRepeat(SIGN, answer(429, { 'retry-after': '3' }), 50)).toBe(3000)
})

test.each([
  ['7', 7000],
  ['0', 1000],
  ['Wed, 21 Oct 2026 07:28:05 GMT', 5000],
  ['Wed, 21 Oct 2026 07:27:00 GMT', 1000],
  ['soon', 1000],
  ['-1', 1000],
  ['1e3', 1000],
])('Retry-After: %s', (value, pauseMs) => {
  const headers = { 'retry-after': value, date: 'Wed, 21 Oct 2026 07:28:00 GMT' }
  expect(pauseBeforeRepeat(SIGN, answer(503, headers), 0)).toBe(pauseMs)
})

test('a date without the date of the answer says nothing', () => {
  expect(pauseBeforeRepeat(SIGN, answer(503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:05 GMT' }), 0)).toBe(
    1000,
  )
})

function answer(statusCode: number, headers = {}, text = '{}'): WireOutcome {
  return { kind: 'answer', statusCode, headers, text }
}
