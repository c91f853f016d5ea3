import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { fileFault } from '../../../src/files/file-fault.ts'

test('a system error becomes path, expectation and code', () => {
  const fault = fileFault('/home/app/key.pem', 'stage it', systemError())
  expect(fault).toMatchObject({
    code: 'files-failed',
    message: '/home/app/key.pem: expected to stage it, found ENOENT',
  })
})

test.each([
  [{ code: 'ENOSPC', errno: -28 }, 'ENOSPC'],
  [{ code: 'Unknown system error -122', errno: -122 }, 'EDQUOT, the disk quota is used up'],
])('%j tells what is free', (properties, found) => {
  const cause = Object.assign(new Error('no space'), properties)
  expect(fileFault('/tmp/key.pem', 'stage it', cause).message).toMatch(
    new RegExp(
      `^/tmp/key\\.pem: expected to stage it, found ${found}, \\d+ bytes and \\d+ inodes free on [\\w/]+$`,
    ),
  )
  expect(fileFault('/nonexistent/key.pem', 'stage it', cause).message).toMatch(/, free space unknown$/)
})

test('a fault that is told already stays as it is', () => {
  const told = new KeyrollerError('files-refused', '/home/app/key.pem: expected nothing else')
  expect(fileFault('/other', 'stage it', told)).toBe(told)
})

function systemError(): unknown {
  try {
    return readFileSync('/nonexistent/file')
  } catch (error) {
    return error
  }
}
