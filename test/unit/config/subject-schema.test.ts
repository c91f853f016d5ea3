/** Names of a certificate beside the common one: what can be written, and what it becomes. */

import { describe, expect, test } from 'vitest'
import { isPaired } from '../../../src/core/material.ts'
import { certificate, IDENTITY, load, PKI, problems, VAULT } from './written.ts'

test('fields of the subject, one value or several', () => {
  const line =
    'subject = { country = "CH", province = "Bern", organization = ["A, O=evil", "B"], organizational_unit = "Ops", serial_number = "42" }'
  expect(issuanceOf(line)?.subject).toEqual({
    country: ['CH'],
    province: ['Bern'],
    organization: ['A, O=evil', 'B'],
    organizationalUnit: ['Ops'],
    serialNumber: ['42'],
  })
})

test('no field unless it is written', () => expect(issuanceOf('emails = []')?.subject).toEqual({}))

test('a key is new unless it is to be certified again', () => {
  expect(issuanceOf('ttl = "1d"')?.reuseKey).toBe(false)
  expect(issuanceOf('reuse_key = true')?.reuseKey).toBe(true)
})

test('email addresses', () => {
  expect(issuanceOf('emails = ["ops+tls@privsec.ch", "o\'neil@xn--bcher-kva.example"]')?.emails).toEqual([
    'ops+tls@privsec.ch',
    "o'neil@xn--bcher-kva.example",
  ])
})

const TEXT_64 = 'a text of 1 to 64 characters'

describe('what is none', () => {
  test.each([
    [
      'subject = { country = "ch" }',
      'subject.country: expected a country of two capital letters, found "ch"',
    ],
    [
      'subject = { country = ["CH", "Germany"] }',
      'subject.country.1: expected a country of two capital letters, found "Germany"',
    ],
    ['subject = { organization = "" }', `subject.organization: expected ${TEXT_64}, found ""`],
    ['subject = { organization = [] }', `subject.organization: expected ${TEXT_64}, found []`],
    ['subject = { organization = "a\\nb" }', `subject.organization: expected ${TEXT_64}, found "a\\nb"`],
    [
      'subject = { serial_number = "4_2" }',
      'subject.serial_number: expected a serial number of 1 to 64 letters, digits, spaces and \'()+,-./:=?, found "4_2"',
    ],
    ['subject = { o = "A" }', 'subject.o: expected a known key, found o, which is none'],
    ['subject = "/O=A"', 'subject: expected a table, found "/O=A"'],
    ['emails = ["ops"]', 'emails.0: expected an email address like ops@example.com, found "ops"'],
    [
      'emails = ["a,b@x.example"]',
      'emails.0: expected an email address like ops@example.com, found "a,b@x.example"',
    ],
    [
      'emails = ["a@*.example"]',
      'emails.0: expected an email address like ops@example.com, found "a@*.example"',
    ],
    [
      'emails = ["a@b@x.example"]',
      'emails.0: expected an email address like ops@example.com, found "a@b@x.example"',
    ],
    ['reuse_key = "yes"', 'reuse_key: expected true or false, found "yes"'],
  ])('%s', (line, told) => {
    expect(problems(VAULT + PKI + IDENTITY + certificate(line))).toEqual([
      `keyroller.toml: certificate.web.${told}`,
    ])
  })
})

test('the upper bounds of RFC 5280 count characters, not bytes', () => {
  const organization = (count: number) => `subject = { organization = "${'ü'.repeat(count)}" }`
  expect(issuanceOf(organization(64))?.subject.organization).toEqual(['ü'.repeat(64)])
  expect(problems(VAULT + PKI + IDENTITY + certificate(organization(65)))).toHaveLength(1)
  const locality = (count: number) => `subject = { locality = "${'ü'.repeat(count)}" }`
  expect(issuanceOf(locality(128))?.subject.locality).toEqual(['ü'.repeat(128)])
  expect(problems(VAULT + PKI + IDENTITY + certificate(locality(129)))).toHaveLength(1)
})

function issuanceOf(line: string) {
  const { materials } = load(VAULT + PKI + IDENTITY + certificate(line))
  return materials.filter(isPaired).find(({ id }) => id === 'certificate/web')?.issuance
}
