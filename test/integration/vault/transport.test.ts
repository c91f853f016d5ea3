/** The transport against servers whose answers are none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SIGN } from './sign-request.ts'
import { makeStubRig, refusal, type StubRig } from './stub-rig.ts'
import { answerJson, LOGIN_ANSWER } from './stub-server.ts'

let rig: StubRig
beforeAll(async () => {
  rig = await makeStubRig()
})
afterAll(() => rig.authority.remove())

describe('an answer', () => {
  test('the login sends the mapping, and the token goes along from then on', async () => {
    const { session, stub } = await rig.loggedIn((response) => answerJson(response, 200, rig.signed))
    await session.sign(SIGN)
    const [login, sign] = stub.requests
    expect(login).toMatchObject({ method: 'POST', url: '/v1/auth/cert/login', client: 'CN=agent-app' })
    expect(JSON.parse(login?.body ?? '')).toEqual({ name: 'agent-app' })
    expect(login?.headers['x-vault-token']).toBeUndefined()
    expect(sign).toMatchObject({ method: 'POST', url: '/v1/pki-prod/sign/nginx-app' })
    expect(sign?.headers).toMatchObject({
      'x-vault-token': LOGIN_ANSWER.auth.client_token,
      'x-vault-request': 'true',
      'x-vault-namespace': 'team-a',
      'user-agent': 'keyroller/1.2.3',
    })
  })

  test('requests share their connections, never more than asked for', async () => {
    const { session, stub } = await rig.loggedIn((response) =>
      setTimeout(() => answerJson(response, 200, rig.signed), 5),
    )
    await Promise.all(Array.from({ length: 40 }, () => session.sign(SIGN)))
    expect(stub.requests).toHaveLength(41)
    expect(stub.connections()).toBe(4)
  })

  test('waiting for a free connection does not count against the deadline', async () => {
    const { session } = await rig.loggedIn(
      (response) => setTimeout(() => answerJson(response, 200, rig.signed), 200),
      { timeoutMs: 700 },
    )
    await Promise.all(Array.from({ length: 24 }, () => session.sign(SIGN)))
  })

  test('HTML with status 200 is no answer', async () => {
    const failure = await rig.refusedSign((response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<html>welcome</html>')
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toMatch(/expected a JSON object, found other text \(status 200, text\/html\)$/)
  })

  test.each(['{"data": {"certificate"', '[]', '"text"', 'null', '17'])('%s is no answer', async (text) => {
    const failure = await rig.refusedSign((response) => response.end(text))
    expect(failure.code).toBe('vault-answer-invalid')
  })

  test('an answer without a certificate is no answer to a sign', async () => {
    const failure = await rig.refusedSign((response) => answerJson(response, 200, { data: {} }))
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toBe(
      'pki-prod/sign/nginx-app: expected a PEM certificate in certificate, found none',
    )
  })

  test('5 MB are not read to their end', async () => {
    let sentBytes = 0
    const failure = await rig.refusedSign((response) => {
      const chunk = Buffer.alloc(65_536, 0x20)
      const more = () => {
        while (sentBytes < 5_000_000 && !response.destroyed) {
          sentBytes += chunk.length
          if (!response.write(chunk)) return response.once('drain', more)
        }
        return response.end()
      }
      more()
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toContain('at most 1048576 bytes')
    expect(sentBytes).toBeLessThan(5_000_000)
  })

  test('a gateway in front of a server that is down is told as such, after two more tries', async () => {
    const { session, stub } = await rig.loggedIn((response) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<html>bad gateway</html>')
    })
    const failure = await refusal(session.sign(SIGN))
    expect(failure.code).toBe('vault-failed')
    expect(stub.requests).toHaveLength(4)
  })
})

describe('a redirect', () => {
  test('to another host gets no connection, no byte, and no second thought', async () => {
    const foreign = await rig.stub((response) => answerJson(response, 200, rig.signed))
    const failure = await rig.refusedSign((response) => {
      response.writeHead(307, { location: `${foreign.address}/v1/pki-prod/sign/nginx-app` })
      response.end()
    })
    expect(failure.code).toBe('vault-answer-invalid')
    expect(failure.message).toContain(`found one to ${foreign.address}`)
    expect(foreign.connections()).toBe(0)
  })

  test('to plain http is refused', async () => {
    const failure = await rig.refusedSign((response, { headers }) => {
      response.writeHead(307, { location: `http://${headers.host}/v1/pki-prod/sign/nginx-app` })
      response.end()
    })
    expect(failure.code).toBe('vault-answer-invalid')
  })

  test('within the address is followed once, with method, body and token', async () => {
    const { session, stub } = await rig.loggedIn((response, { url }) => {
      if (url.endsWith('/moved')) return answerJson(response, 200, rig.signed)
      response.writeHead(307, { location: '/v1/moved' })
      return response.end()
    })
    await session.sign(SIGN)
    const [, first, second] = stub.requests
    expect(second).toMatchObject({ method: 'POST', url: '/v1/moved', body: first?.body })
    expect(second?.headers['x-vault-token']).toBe(LOGIN_ANSWER.auth.client_token)
  })

  test('that leads to another one is refused', async () => {
    const { session, stub } = await rig.loggedIn((response) => {
      response.writeHead(307, { location: '/v1/again' })
      response.end()
    })
    const failure = await refusal(session.sign(SIGN))
    expect(failure.message).toContain('found a second one')
    expect(stub.requests).toHaveLength(3)
  })
})
