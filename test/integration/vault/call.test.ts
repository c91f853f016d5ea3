/** One call against servers that are slow, in trouble or busy. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SIGN } from './sign-request.ts'
import { makeStubRig, refusal, type StubRig } from './stub-rig.ts'
import { answerJson, startTcpStub } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

describe('the deadline', () => {
  test('ends a body that drips', async () => {
    const failure = await rig.refusedSign(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 50)
        response.once('close', () => clearInterval(drip))
      },
      { timeoutMs: 600 },
    )
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/expected an answer within 0.6 s, found an unfinished answer$/)
  })

  test('ends silence after the request', async () => {
    const failure = await rig.refusedSign(() => {}, { timeoutMs: 300 })
    expect(failure.message).toMatch(/found a TLS connection and silence$/)
  })

  test('ends silence after accept', async () => {
    const stub = await startTcpStub(() => {})
    onTestFinished(stub.close)
    const failure = await refusal(rig.open(stub, { timeoutMs: 300 }).health())
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/found a connection and no TLS handshake$/)
  })

  test('spans the repeats of a call', async () => {
    const startedMs = performance.now()
    await rig.refusedSign((response) => answerJson(response, 500, { errors: ['trouble'] }), {
      timeoutMs: 1500,
    })
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})

describe('trouble that passes', () => {
  test.each([412, 500, 503])('after two answers %i the third counts', async (statusCode) => {
    const { session, stub } = await rig.loggedIn((response, _, index) =>
      index <= 2
        ? answerJson(response, statusCode, { errors: ['not now'] })
        : answerJson(response, 200, rig.signed),
    )
    await session.sign(SIGN)
    expect(stub.requests).toHaveLength(4)
  })

  test('a connection reset in the middle of the answer', async () => {
    const { session, stub } = await rig.loggedIn((response, _, index) => {
      if (index > 1) return answerJson(response, 200, rig.signed)
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"data"')
      return setTimeout(stub.reset, 20)
    })
    await session.sign(SIGN)
    expect(stub.requests).toHaveLength(3)
  })

  test('a connection that is always reset is unreachable after three tries', async () => {
    const { session, stub } = await rig.loggedIn(() => stub.reset())
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-unreachable')
    expect(failure.message).toMatch(/the connection was reset by the peer$/)
    expect(stub.requests).toHaveLength(4)
  })

  test('a quota is waited for as long as the server says', async () => {
    const { session, stub } = await rig.loggedIn((response, _, index) =>
      index <= 2
        ? answerJson(response, 429, { errors: ['quota'] }, { 'retry-after': index === 1 ? '2' : '0' })
        : answerJson(response, 200, rig.signed),
    )
    const startedMs = performance.now()
    await session.sign(SIGN)
    expect(performance.now() - startedMs).toBeGreaterThan(2990)
    expect(stub.requests).toHaveLength(4)
  })

  test('a wait beyond the deadline is not begun', async () => {
    const startedMs = performance.now()
    const failure = await rig.refusedSign((response) =>
      answerJson(
        response,
        429,
        { errors: ['request path "pki": rate limit quota exceeded'] },
        { 'retry-after': '60' },
      ),
    )
    expect(failure.code).toBe('vault-rate-limited')
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('a sealed server is asked once', async () => {
    const { session, stub } = await rig.loggedIn((response) =>
      answerJson(response, 503, { errors: ['Vault is sealed'] }),
    )
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-sealed')
    expect(stub.requests).toHaveLength(2)
  })
})
