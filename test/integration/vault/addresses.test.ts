/** Several addresses, over the wire: who is chosen is who is spoken to from then on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../rig/free-port.ts'
import { SIGN } from './sign-request.ts'
import { HEALTHY, makeStubRig, refusal, type StubRig } from './stub-rig.ts'
import { answerJson, LOGIN_ANSWER, type Responder, type Stub } from './stub-server.ts'

let rig: StubRig
let down: { address: string }
beforeAll(async () => {
  rig = await makeStubRig()
  down = { address: `https://127.0.0.1:${await freePort()}` }
})
afterAll(() => rig.authority.remove())

describe('the active server', () => {
  test('is spoken to, whatever stands before it', async () => {
    const sealed = await rig.stub(server({ sealed: true }, 503))
    const standby = await rig.stub(server({ standby: true }, 429))
    const active = await rig.stub(server({}, 200))
    const vault = rig.open([down, sealed, standby, active])
    expect(await vault.health()).toMatchObject({ standby: false, address: active.address })
    const session = await vault.login(rig.login)
    await session.sign(SIGN)
    expect(await session.revoke()).toEqual({ revoked: true })
    expect([sealed, standby, active].map(pathsOf)).toEqual([
      ['sys/health'],
      ['sys/health'],
      ['sys/health', 'auth/cert/login', 'pki-prod/sign/nginx-app', 'auth/token/revoke-self'],
    ])
  })

  test('may be another one the next time', async () => {
    let isStandby = true
    const first = await rig.stub((response, received, index) =>
      server({ standby: isStandby }, isStandby ? 429 : 200)(response, received, index),
    )
    const second = await rig.stub((response, received, index) =>
      server({ standby: !isStandby }, isStandby ? 200 : 429)(response, received, index),
    )
    const vault = rig.open([first, second])
    expect((await vault.health()).address).toBe(second.address)
    isStandby = false
    expect((await vault.health()).address).toBe(first.address)
  })
})

test('a standby is spoken to when no server is active', async () => {
  const standby = await rig.stub(server({ standby: true }, 429))
  const vault = rig.open([down, standby])
  expect(await vault.health()).toMatchObject({ standby: true, address: standby.address })
  await (await vault.login(rig.login)).revoke()
  expect(pathsOf(standby)).toEqual(['sys/health', 'auth/cert/login', 'auth/token/revoke-self'])
})

test('when nobody answers, each is told', async () => {
  const other = { address: `https://127.0.0.1:${await freePort()}` }
  const failure = await refusal(rig.open([down, other]).health())
  expect(failure.code).toBe('vault-unreachable')
  expect(failure.message.match(/connection refused, nothing listens there/g)).toHaveLength(2)
})

function server(state: object, status: number): Responder {
  return (response, { url }) => {
    if (url.endsWith('/sys/health')) return answerJson(response, status, { ...HEALTHY, ...state })
    if (url.endsWith('/login')) return answerJson(response, 200, LOGIN_ANSWER)
    return url.includes('/sign/') ? answerJson(response, 200, rig.signed) : answerJson(response, 204, {})
  }
}

function pathsOf({ requests }: Stub): string[] {
  return requests.map(({ url }) => url.replace('/v1/', ''))
}
