import { expect, test } from 'vitest'
import type { RunListener } from '../../../src/core/run-events.ts'
import { openTerminalReporter } from '../../../src/report/terminal-reporter.ts'
import { DONE, IDLE, tellAll } from './events.ts'

function said(tell: (listener: RunListener) => void, terminal?: { readonly columns: number }): string {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  tell(openTerminalReporter({ write, ...terminal }, terminal !== undefined))
  return text
}

test('a run as lines, plain where nobody sees colour', () => {
  expect(said(tellAll)).toBe(`recovered certificate/web: finished: all files were staged
journal: expected a journal, found something else
plan  renew certificate/web: due: due since 2026-06-01T11:00:00Z
hold  certificate/api: backing-off: next try later
hold  podman:slow: backing-off: owed, next try later
settle podman:gone: no longer configured, nobody is left to tell
ok    certificate/web: serial 0a issued by CA
skip  tell systemd:nginx.service: nothing new was installed
FAIL  systemd:nginx.service: expected active, found failed (2s)
      hint: keyroller renew
skew  keyroller: untested: tested with 1.21.1
note  a token lives on
exit 11: 3 steps, 1 failed, in 2.60 s
`)
})

test('nothing due is one line', () => {
  expect(said((listener) => listener.ended(IDLE))).toBe('nothing to do, next due 2026-06-01T13:00:00Z\n')
})

test('on a terminal the step under way stands on the last line, cut to its width, and is wiped by what stays', () => {
  const text = said(
    (listener) => {
      listener.started(DONE.step)
      listener.stepped(DONE)
    },
    { columns: 12 },
  )
  expect(text).toBe(
    '\r\x1b[Kissue certi\r\x1b[K\x1b[32mok\x1b[0m    certificate/web: serial 0a issued by CA\n',
  )
})
