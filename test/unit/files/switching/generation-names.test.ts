import { expect, test } from 'vitest'
import { MATERIAL_KINDS } from '../../../../src/core/material.ts'
import {
  isGenerationOf,
  leftoverName,
  linkText,
  middleName,
  middleOf,
  newGeneration,
} from '../../../../src/files/switching/generation-names.ts'

const MIDDLE = '.keyroller-certificate-web'

test('the middle link is named after the material', () => {
  expect(middleName('certificate/web')).toBe(MIDDLE)
  expect(middleName('identity/a.b-c_1')).toBe('.keyroller-identity-a.b-c_1')
})

test.each(MATERIAL_KINDS)('what a visible name of a %s says is known again', (kind) => {
  const middle = middleName(`${kind}/web`)
  expect(middleOf(linkText(middle, 'key.pem'), 'key.pem')).toBe(middle)
})

test.each([
  ['/etc/shadow', 'key.pem'],
  ['key.pem', 'key.pem'],
  [`${MIDDLE}/cert.pem`, 'key.pem'],
  [`./${MIDDLE}/key.pem`, 'key.pem'],
  [`${MIDDLE}//key.pem`, 'key.pem'],
  [`${MIDDLE}/../key.pem`, 'key.pem'],
  [`../${MIDDLE}/key.pem`, 'key.pem'],
  ['../key.pem', 'key.pem'],
  ['.keyroller-policy-web/key.pem', 'key.pem'],
  ['.keyroller-certificate-/key.pem', 'key.pem'],
  ['.keyroller-certificate-../key.pem', 'key.pem'],
  [`${MIDDLE}\n/key.pem`, 'key.pem'],
])('%j under %s is no link of ours', (text, name) => expect(middleOf(text, name)).toBeUndefined())

test('a generation is known by the whole name', () => {
  expect(isGenerationOf(MIDDLE, newGeneration(MIDDLE))).toBe(true)
  const foreign = [
    '',
    `${MIDDLE}.`,
    `${MIDDLE}.0123`,
    `${MIDDLE}.0123456789ABCDEF`,
    `x${MIDDLE}.0123456789abcdef`,
  ]
  const nested = [
    `${MIDDLE}.0123456789abcdef/`,
    `../${MIDDLE}.0123456789abcdef`,
    `${MIDDLE}.0123456789abcdef\n`,
  ]
  expect([...foreign, ...nested].filter((name) => isGenerationOf(MIDDLE, name))).toEqual([])
})

test('a generation of one material is none of another whose name begins alike', () => {
  const other = newGeneration('.keyroller-certificate-web.eu')
  expect(isGenerationOf(MIDDLE, other)).toBe(false)
})

test('a generation that nothing may lead to is called what every sweep finds', () => {
  expect(leftoverName(`${MIDDLE}.0123456789abcdef`)).toBe('.keyroller-0123456789abcdef.staged')
})
