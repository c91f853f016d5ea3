/** Readers of a socket that somebody else listens on, as systemd does, in a process that only inherits it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../../rig/command.ts'
import { keyrollerCommand } from '../../../rig/host.ts'
import { waitFor } from '../../../rig/wait-for.ts'

const MIB = 1024 * 1024
const CHILD = join(import.meta.dirname, 'answer-child.ts')

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-readers-'))
})
afterAll(() => rm(dir, { recursive: true }))

test('one gets the bytes; who is refused, or cannot be answered, gets more than a credential may have', async () => {
  // It starts the program when the first reader is there, and listens no more.
  const activate = ['systemd-socket-activate', `--listen=${path()}`, process.execPath, CHILD] as const
  const child = run(activate, { timeoutMs: 60_000 })
  await waitFor('somebody listens', async () => existsSync(path()))
  const got = await Promise.all([read(), read(), read(), read()])
  const { exit, stdout } = await child
  expect(exit).toBe(0)
  expect(got.filter((bytes) => bytes.toString() === 'the key')).toHaveLength(1)
  expect(got.filter(({ length }) => length > MIB)).toHaveLength(3)
  expect(JSON.parse(stdout)).toEqual(['Error: reader 3', 'Error: reader 4'])
  expect(existsSync(path())).toBe(true)
})

test('whoever runs the verb by hand is told what runs it', async () => {
  const [program = '', ...args] = keyrollerCommand()
  const { exit, stderr } = await run([program, ...args, 'deliver', 'web-key'])
  expect(exit).toBe(2)
  expect(stderr).toBe(`keyroller: expected one socket of systemd, found LISTEN_FDS unset, LISTEN_PID unset
hint: systemctl enable --now keyroller-deliver@NAME.socket, which starts this
`)
})

/** As systemd reads a credential: it sends nothing and reads to the end. */
async function read(): Promise<Buffer> {
  const socket = connect(path())
  socket.end()
  return buffer(socket)
}

function path(): string {
  return join(dir, 'web-key.sock')
}
