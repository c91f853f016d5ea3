import { expect, test } from 'vitest'
import { certificate, IDENTITY, load, PKI, problems, VAULT } from './written.ts'

const EPHEMERAL = VAULT + PKI + IDENTITY + certificate('ephemeral = true')

test('a credential is a file of a material for one service, the key unless said otherwise', () => {
  expect(load(EPHEMERAL + credential('')).credentials).toEqual([
    { name: 'web-key', material: 'certificate/web', path: '/srv/web.key', unit: 'web.service', reads: 1 },
  ])
  expect(load(EPHEMERAL + credential('file = "fullchain"')).credentials).toMatchObject([
    { path: '/srv/web.pem' },
  ])
})

test('what can be read on a disk as well is none', () => {
  expect(problems(VAULT + PKI + IDENTITY + certificate() + credential(''))).toEqual([
    'keyroller.toml: credential.web-key.material: expected one with ephemeral = true, found certificate/web',
  ])
})

test.each([
  ['material = "certificate/shop"', 'material: expected a configured material, found certificate/shop'],
  ['material = "web"', 'material: expected a material like certificate/web, found "web"'],
  ['file = "pkcs12"', 'file: expected one of key, fullchain, found pkcs12'],
  ['unit = "web"', 'unit: expected a service like web.service, found "web"'],
  ['reads = 17', 'reads: expected a whole number from 1 to 16, found 17'],
  ['unit = "web.socket"', 'unit: expected a service like web.service, found "web.socket"'],
])('%s', (line, problem) => {
  expect(problems(EPHEMERAL + credential(line))).toEqual([`keyroller.toml: credential.web-key.${problem}`])
})

function credential(line: string): string {
  const sound = ['material = "certificate/web"', 'unit = "web.service"']
  const kept = sound.filter((one) => one.split(' = ')[0] !== line.split(' = ')[0])
  return `[credential.web-key]\n${[...kept, line].join('\n')}\n`
}
