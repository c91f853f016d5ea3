import { expect, test } from 'vitest'
import { stage } from '../stage.ts'

test('policies as one object, like every other verb', async () => {
  const { keyroller } = await stage()
  const { exit, stdout } = await keyroller('vault policy --json')
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    schema: 1,
    policies: [
      {
        identity: 'identity/agent',
        name: 'keyroller-agent',
        rules: expect.stringContaining('capabilities = ["update"]'),
      },
    ],
  })
})
