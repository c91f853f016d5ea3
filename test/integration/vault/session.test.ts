import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { SIGN } from './sign-request.ts'
import { arrived, makeStubRig, refusal, type StubRig } from './stub-rig.ts'
import { answerJson } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

describe('a session', () => {
  test('the abort of the run ends a call with its own reason', async () => {
    const run = new AbortController()
    const { session, stub } = await rig.loggedIn(() => {}, { signal: run.signal })
    const asked = refusal(session.sign(SIGN))
    await arrived(stub, 2)
    run.abort(new KeyrollerError('run-deadline', 'expected the run to end within 10 m'))
    expect((await asked).code).toBe('run-deadline')
    expect((await refusal(session.sign(SIGN))).code).toBe('run-deadline')
  })

  test('the abort of the run ends a pause', async () => {
    const run = new AbortController()
    const { session, stub } = await rig.loggedIn(
      (response) => answerJson(response, 429, { errors: ['quota'] }, { 'retry-after': '5' }),
      { signal: run.signal },
    )
    const asked = refusal(session.sign(SIGN))
    await arrived(stub, 2)
    run.abort()
    expect((await asked).code).toBe('run-interrupted')
  })

  test('its token is revoked even when the run is aborted', async () => {
    const run = new AbortController()
    const { session, stub } = await rig.loggedIn(
      (response) => {
        response.writeHead(204)
        response.end()
      },
      { signal: run.signal },
    )
    run.abort()
    await expect(session.revoke()).resolves.toEqual({ revoked: true })
    expect(stub.requests[1]).toMatchObject({ url: '/v1/auth/token/revoke-self' })
  })

  test('a revocation that fails is told, not thrown', async () => {
    const { session } = await rig.loggedIn((response) =>
      answerJson(response, 403, { errors: ['permission denied'] }),
    )
    await expect(session.revoke()).resolves.toEqual({
      revoked: false,
      message: 'auth/token/revoke-self: status 403: permission denied',
    })
  })

  test('once revoked keeps no socket and says nothing more', async () => {
    const { session, stub } = await rig.loggedIn((response) => answerJson(response, 200, {}))
    await session.revoke()
    await expect(session.sign(SIGN)).rejects.toThrow(KeyrollerError)
    expect(stub.requests).toHaveLength(2)
    await expect.poll(() => stub.open()).toBe(0)
  })
})
