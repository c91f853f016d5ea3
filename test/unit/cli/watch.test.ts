import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Edge } from '../../../src/cli/edge.ts'
import { watch } from '../../../src/cli/watch.ts'

function edge(isTTY: boolean) {
  const heard: string[] = []
  const stop = new AbortController()
  const gone = { is: false }
  const stdout = { isTTY, rows: 5, write: (text: string) => heard.push(text), isGone: () => gone.is }
  return { heard, stop, gone, edge: { stdout, signal: stop.signal, host: { env: {} } } as unknown as Edge }
}

test('on a terminal: in place, only what changed, and as it was before when it ends', async () => {
  const { heard, stop, edge: on } = edge(true)
  const frames = [['a'], ['a'], ['b']]
  const done = watch(on, () => frames.shift() ?? ['b'], { periodMs: 5 })
  await sleep(60)
  stop.abort()
  await done
  expect(heard).toEqual([
    '\x1b[?1049h\x1b[?25l\x1b[?7l',
    '\x1b[Ha\x1b[K\r\n\x1b[J',
    '\x1b[Hb\x1b[K\r\n\x1b[J',
    '\x1b[?7h\x1b[?25h\x1b[?1049l',
  ])
})

test('more lines than the terminal has are counted', async () => {
  const { heard, stop, edge: on } = edge(true)
  const done = watch(on, () => ['1', '2', '3', '4', '5', '6'])
  await sleep(60)
  stop.abort()
  await done
  expect(heard[1]).toContain('3\x1b[K\r\n… 3 more lines')
})

test('elsewhere a change follows the other, without an escape code', async () => {
  const { heard, stop, edge: on } = edge(false)
  const frames = [['a'], ['A'], ['b']]
  const done = watch(on, () => frames.shift() ?? ['b'], {
    periodMs: 5,
    sameAs: ([line = '']) => line.toLowerCase(),
  })
  await sleep(60)
  stop.abort()
  await done
  expect(heard).toEqual(['a\n', 'b\n'])
})

test('ends when the reader has gone, and leaves the terminal whole when a look throws', async () => {
  const { gone, edge: piped } = edge(false)
  const done = watch(piped, () => ['a'], { periodMs: 5 })
  gone.is = true
  await sleep(60)
  await done
  const { heard, edge: on } = edge(true)
  await expect(
    watch(on, () => {
      throw new Error('no look')
    }),
  ).rejects.toThrow('no look')
  expect(heard.at(-1)).toContain('\x1b[?1049l')
})
