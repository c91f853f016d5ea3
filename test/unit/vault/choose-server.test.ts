import { describe, expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { chooseServer } from '../../../src/vault/choose-server.ts'
import type { Health } from '../../../src/vault/health.ts'

const ACTIVE: Health = { initialized: true, sealed: false, standby: false, version: '1.21.1' }
const STANDBY = { ...ACTIVE, standby: true }
const SEALED = { ...ACTIVE, sealed: true }
const NEW = { ...SEALED, initialized: false }
const DOWN = new KeyrollerError('vault-unreachable', 'a:8200: nothing listens there')
const UNTRUSTED = new KeyrollerError('vault-untrusted', 'b:8200: self-signed')

describe('of several servers', () => {
  test.each<[string, readonly (Health | KeyrollerError)[], number, number]>([
    ['the first, when it is active, and nobody else is asked', [ACTIVE, ACTIVE], 0, 1],
    ['the first active one behind those that are not', [DOWN, SEALED, STANDBY, NEW, ACTIVE, ACTIVE], 4, 5],
    ['a standby, when none is active', [DOWN, SEALED, STANDBY, STANDBY], 2, 4],
    ['the first that answers, when none can work', [DOWN, NEW, SEALED], 1, 3],
  ])('%s', async (_, servers, chosen, asked) => {
    const seen = asking(servers)
    await expect(chooseServer([...servers.keys()], seen.ask)).resolves.toEqual({
      server: chosen,
      health: servers[chosen],
    })
    expect(seen.asked).toEqual([...servers.keys()].slice(0, asked))
  })
})

test('one that does not answer is told as it is', async () => {
  await expect(chooseServer([0], asking([DOWN]).ask)).rejects.toBe(DOWN)
})

test('of several that do not answer all are told, with the code of the first', async () => {
  await expect(chooseServer([0, 1], asking([DOWN, UNTRUSTED]).ask)).rejects.toMatchObject({
    code: 'vault-unreachable',
    message: 'a:8200: nothing listens there; b:8200: self-signed',
    hint: DOWN.hint,
  })
})

test.each(['run-interrupted', 'run-deadline'] as const)('%s: nobody else is asked', async (code) => {
  const stop = new KeyrollerError(code, 'stopped')
  const seen = asking([stop, ACTIVE])
  await expect(chooseServer([0, 1], seen.ask)).rejects.toBe(stop)
  expect(seen.asked).toEqual([0])
})

function asking(servers: readonly (Health | KeyrollerError)[]) {
  const asked: number[] = []
  const ask = async (index: number): Promise<Health> => {
    asked.push(index)
    const found = servers[index]
    if (!found || found instanceof KeyrollerError) throw found
    return found
  }
  return { asked, ask }
}
