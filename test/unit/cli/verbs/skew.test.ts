import { expect, test } from 'vitest'
import { stage } from '../stage.ts'

test('skew: a server that is not reached is the exit code', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('skew')).toEqual({
    exit: 9,
    stdout: '',
    stderr:
      'keyroller: 127.0.0.1:9: connection refused, nothing listens there\n' +
      'hint: check [vault] address and that the server is up\n',
  })
})
