/** Containers of a real Podman, and engines that are none. */

import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { makeFakeSocket } from '../fake-socket.ts'
import { onHup, type PodmanHost } from '../podman-host.ts'
import type { Breaker, Breakers, Broken } from './broken.ts'

type Key = 'podman' | 'podman_label' | 'docker' | 'docker_label'

/** `host` is asked for when a test runs: it starts after the tests are named. */
export function containerBreakers(key: Key, host: () => PodmanHost): Breakers {
  const engine = (serve: (socket: Socket) => void) => fakeEngine(key, serve)
  const consumer = (script: string, ...options: string[]) => realContainer(key, host, script, options)
  return {
    absent: async (_, timeout) => at(key, host().socketPath, 'nobody-has-it', timeout, async () => {}),
    hung: engine((socket) => socket.resume()),
    refuses: engine((socket) => socket.end(REFUSAL)),
    dies: consumer(onHup('exit 3')),
    stale: consumer(onHup('echo hup')),
    loops: consumer(onHup('exit 3'), '--restart', 'always'),
    cut: engine((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"Id":')),
  }
}

/** The same, told by a program in the container, at whose HUP it ends. */
export function containerExecBreakers(host: () => PodmanHost): Breakers {
  const { absent, cut } = containerBreakers('podman', host)
  const program = (line: string, ...options: string[]) =>
    toldByProgram(line, realContainer('podman', host, onHup('exit 3'), options))
  return {
    ...(absent && cut ? { absent: toldByProgram('true', absent), cut: toldByProgram('true', cut) } : {}),
    hung: program('sleep 60'),
    refuses: program('exit 1'),
    dies: program('kill -HUP 1; sleep 60'),
    stale: program('true'),
    loops: program('kill -HUP 1; sleep 60', '--restart', 'always'),
  }
}

function toldByProgram(line: string, breaker: Breaker): Breaker {
  return async (directory, timeout) => {
    const { reload, ...broken } = await breaker(directory, timeout)
    return { ...broken, reload: { ...Object(reload), exec: ['/bin/sh', '-c', line] } }
  }
}

const REFUSAL = 'HTTP/1.1 500 X\r\nContent-Length: 24\r\n\r\n{"message":"not for you"}'

function fakeEngine(key: Key, serve: (socket: Socket) => void): Breaker {
  return async (_, timeout) => {
    const fake = await makeFakeSocket()
    await fake.listen(serve)
    return at(key, fake.socketPath, 'web', timeout, fake.stop)
  }
}

/** They end with their host. */
function realContainer(key: Key, host: () => PodmanHost, script: string, options: string[]): Breaker {
  return async (_, timeout) => {
    const name = `web-${randomBytes(4).toString('hex')}`
    await host().startScript(name, script, '--label', `consumer=${name}`, ...options)
    return at(key, host().socketPath, name, timeout, async () => {})
  }
}

function at(key: Key, engine: string, name: string, timeout: string, stop: Broken['stop']): Broken {
  const named = key.endsWith('_label') ? `consumer=${name}` : name
  const reload = { [key]: named, timeout }
  return key.startsWith('podman')
    ? { reload, podmanSocket: engine, stop }
    : { reload, placed: ['/run/docker.sock', engine], stop }
}
