/** Consumers that keyroller reaches itself: by a program, a signal, a line to a socket, an HTTP request. */
import { wayOptions } from '../core/consumers/target.ts'
import { withOptions } from '../core/consumers/target-text.ts'
import { absolutePath, httpUrl, oneLineText, pidFile, socketPath } from './formats.ts'
import type {
  ParsedReload,
  TargetOptions,
  WrittenExec,
  WrittenHttp,
  WrittenSignal,
  WrittenSocket,
} from './written-reload.ts'

export function execTarget({ exec: argv, user }: WrittenExec, base: TargetOptions): ParsedReload {
  if (!absolutePath.safeParse(argv[0]).success) return { expected: 'exec: and an absolute path' }
  const list = `exec:${JSON.stringify(argv)}`
  if (user !== undefined) return { kind: 'exec', argv, user, ...base, text: `${list}?user=${user}` }
  return { kind: 'exec', argv, ...base, text: argv.length === 1 ? `exec:${argv[0]}` : list }
}

export function signalTarget(written: WrittenSignal, base: TargetOptions): ParsedReload {
  const { pid_file, signal = 'HUP' } = written
  if (!pidFile.safeParse(pid_file).success) return { expected: 'signal: and the absolute path of a pid file' }
  const text = withOptions(`signal:${pid_file}`, wayOptions({ signal }))
  return { kind: 'signal', pidFile: pid_file, signal, ...base, text }
}

export function socketTarget(written: WrittenSocket, base: TargetOptions): ParsedReload {
  const { socket: path, send, expect } = written
  if (!socketPath.safeParse(path).success) return { expected: 'socket: and the absolute path of a socket' }
  const texts = expect === undefined ? [send] : [send, expect]
  if (!texts.every((one) => oneLineText.safeParse(one).success))
    return { expected: 'send= and expect= with one line of printable characters' }
  const said = expect === undefined ? {} : { expect }
  const text = withOptions(`socket:${path}`, Object.entries({ send, ...said }))
  return { kind: 'socket', path, send, ...said, ...base, text }
}

export function httpTarget(written: WrittenHttp, base: TargetOptions): ParsedReload {
  const { url, method = 'POST', status, socket, ca_file: caFile } = written
  if (!httpUrl.safeParse(url).success) return { expected: 'a URL without user and fragment' }
  if (socket !== undefined && !socketPath.safeParse(socket).success)
    return { expected: 'socket= and the absolute path of a socket' }
  if (caFile !== undefined && !url.startsWith('https:')) return { expected: 'ca_file only with https' }
  const how = {
    ...(method === 'POST' ? {} : { method }),
    ...(status === undefined ? {} : { status: `${status}` }),
    ...(socket === undefined ? {} : { socket }),
  }
  return {
    ...{ kind: 'http', url, method },
    ...(status === undefined ? {} : { status }),
    ...(socket === undefined ? {} : { socketPath: socket }),
    ...(caFile === undefined ? {} : { caFile }),
    ...base,
    text: `${url}${withOptions('', Object.entries(how)).replace('?', '#')}`,
  }
}
