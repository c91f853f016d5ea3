/** The text form of a reload target, read into the keys of its long form. */
import { HTTP_METHODS, SIGNALS } from '../core/consumers/target.ts'
import { splitOptions } from '../core/consumers/target-text.ts'
import { absolutePath, unitName, userName } from './formats.ts'
import type { WrittenTable } from './written-reload.ts'

export const RELOAD_TEXTS =
  'podman:NAME, podman:label=KEY[=VALUE], docker:…, systemd:UNIT, systemd-user:USER/UNIT, signal:PIDFILE, socket:PATH?send=TEXT, exec:/PROGRAM or http(s)://…'

type Read = WrittenTable | Expected

interface Expected {
  readonly expected: string
}

/** What stands for a kind is checked where its long form is. */
export function readReloadText(text: string): Read {
  const colon = text.indexOf(':')
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)]
  switch (kind) {
    case 'podman':
      return readContainer(rest, 'podman')
    case 'docker':
      return readContainer(rest, 'docker')
    case 'systemd':
      return readOptions(rest, ['restart', 'user'], (systemd, options) => {
        const user = options.get('user')
        return { systemd, ...restart(options), ...(user === undefined ? {} : { user }) }
      })
    case 'systemd-user':
      return readAccountUnit(rest)
    case 'signal':
      return readOptions(rest, ['signal'], (pid_file, options) => ({ pid_file, ...signal(options) }))
    case 'socket':
      return readSocket(rest)
    case 'exec':
      return readExec(rest)
    case 'http':
    case 'https':
      return readHttp(text)
    default:
      return { expected: RELOAD_TEXTS }
  }
}

type Options = ReadonlyMap<string, string>

function readOptions(
  rest: string,
  known: readonly string[],
  read: (named: string, options: Options) => Read,
): Read {
  const split = splitOptions(rest)
  const isKnown = split && [...split.options.keys()].every((key) => known.includes(key))
  const signalName = split?.options.get('signal')
  if (!split || !isKnown) return { expected: `after ? only ${known.join(', ')}` }
  if (signalName !== undefined && !SIGNALS.some((one) => one === signalName))
    return { expected: `?signal= and one of ${SIGNALS.join(', ')}` }
  if ((split.options.get('restart') ?? '') !== '') return { expected: '?restart without a value' }
  return read(split.named, split.options)
}

function readContainer(rest: string, engine: 'podman' | 'docker'): Read {
  return readOptions(rest, ['signal', 'restart', 'exec', 'user', 'socket'], (named, options) => {
    const [program, ...args] = readList(options.get('exec') ?? '[]') ?? []
    if (options.has('exec') && !program) return { expected: '?exec= and a list like ["program", "argument"]' }
    const way = {
      ...signal(options),
      ...restart(options),
      ...(program ? { exec: [program, ...args] as const } : {}),
      ...place(options),
    }
    const label = named.startsWith('label=') ? named.slice('label='.length) : undefined
    if (engine === 'docker')
      return label === undefined ? { docker: named, ...way } : { docker_label: label, ...way }
    return label === undefined ? { podman: named, ...way } : { podman_label: label, ...way }
  })
}

function signal(options: Options) {
  const found = SIGNALS.find((one) => one === options.get('signal'))
  return found ? { signal: found } : {}
}

function restart(options: Options) {
  return options.has('restart') ? { restart: true as const } : {}
}

function place(options: Options) {
  const [user, socket] = [options.get('user'), options.get('socket')]
  return { ...(user === undefined ? {} : { user }), ...(socket === undefined ? {} : { socket }) }
}

/** Another way to write a unit with `?user=`: no text but that one is remembered. Neither name can hold a slash. */
function readAccountUnit(rest: string): Read {
  return readOptions(rest, ['restart'], (named, options) => {
    const [account, ...unit] = named.split('/')
    const [user, systemd] = [userName.safeParse(account), unitName.safeParse(unit.join('/'))]
    if (!user.success || !systemd.success)
      return { expected: 'systemd-user: and USER/UNIT, an account and a unit name with its suffix' }
    return { systemd: systemd.data, user: user.data, ...restart(options) }
  })
}

function readSocket(rest: string): Read {
  return readOptions(rest, ['send', 'expect'], (socket, options) => {
    const expect = options.get('expect')
    return { socket, send: options.get('send') ?? '', ...(expect === undefined ? {} : { expect }) }
  })
}

/** A path, or a JSON array of the program and its arguments, after which a user can be named. */
function readExec(rest: string): Read {
  const [, list, user] = /^(\[.*\])(?:\?user=([^\]]+))?$/s.exec(rest) ?? []
  const [program, ...args] = list === undefined ? [rest] : (readList(list) ?? [])
  if (program === undefined || !absolutePath.safeParse(program).success)
    return { expected: 'exec: and an absolute path' }
  return { exec: [program, ...args], ...(user === undefined ? {} : { user }) }
}

function readList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

/** How the request is made stands in the fragment, which no client sends (RFC 3986 §3.5). */
function readHttp(text: string): Read {
  const [url = '', fragment] = text.split(/#(.*)/s)
  const options = splitOptions(fragment === undefined ? '' : `?${fragment}`)?.options
  const [method, status, socket] = ['method', 'status', 'socket'].map((key) => options?.get(key))
  const found = HTTP_METHODS.find((one) => one === method)
  if (!options || (method !== undefined && !found) || (status !== undefined && !/^[2-5]\d\d$/.test(status)))
    return { expected: `after # only method=${HTTP_METHODS.join('|')}, status=NNN, socket=PATH` }
  return {
    url,
    ...(found ? { method: found } : {}),
    ...(status === undefined ? {} : { status: Number(status) }),
    ...(socket === undefined ? {} : { socket }),
  }
}
