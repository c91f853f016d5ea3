import { expect, test } from 'vitest'
import { parseChain, parseOne } from '../../../src/x509/certificates.ts'
import { authority, issue } from './authority.ts'

const intermediate = await authority('Intermediate')
const leaf = await issue({ commonName: 'web', issuer: intermediate })

test('parseChain takes certificates only', () => {
  expect(parseChain(leaf.certPem + intermediate.certPem).map(({ pem }) => pem)).toEqual([
    leaf.certPem,
    intermediate.certPem,
  ])
  expect(() => parseChain(leaf.certPem + leaf.keyPem)).toThrow(
    'expected a PEM block CERTIFICATE, found PRIVATE KEY',
  )
})

test('parseOne takes one certificate', () => {
  expect(parseOne(leaf.certPem).facts).toEqual(leaf.parsed.facts)
  expect(() => parseOne(leaf.certPem + intermediate.certPem)).toThrow('expected one certificate, found 2')
})

test('authorities that are known are not parsed again, leaves are', () => {
  const known = new Map()
  const [first, second] = [
    parseChain(leaf.certPem + intermediate.certPem, known),
    parseChain(leaf.certPem + intermediate.certPem, known),
  ]
  expect(second[1]).toBe(first[1])
  expect(second[0]).not.toBe(first[0])
})
