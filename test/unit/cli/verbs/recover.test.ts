import { expect, test } from 'vitest'
import { stage } from '../stage.ts'

test('recover: nothing was left behind', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('recover')).toEqual({ exit: 0, stdout: 'nothing to recover\n', stderr: '' })
  expect(JSON.parse((await keyroller('recover --json')).stdout)).toEqual({ sets: [], swept: [] })
})
