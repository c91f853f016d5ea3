import { expect, test } from 'vitest'
import { isForeignSocket } from '../../../../src/reload/containers/open-podman.ts'

test.each([
  ['/run/podman/podman.sock', 0, false],
  ['/run/user/1000/podman/podman.sock', 1000, false],
  ['/run/user/1000/podman/podman.sock', 0, true],
  ['/run/user/1000/podman/podman.sock', 1001, true],
])('%s for uid %i: another user answers the podman command: %s', (socket, uid, foreign) => {
  expect(isForeignSocket(socket, uid)).toBe(foreign)
})
