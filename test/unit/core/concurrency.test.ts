import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'

const TEN = Array.from({ length: 10 }, (_, index) => index)

test.each([1, 3, 10, 100])('at most %i at a time, and as many as that while there is work', async (limit) => {
  let running = 0
  let most = 0
  await forEachBounded(TEN, limit, async () => {
    running += 1
    most = Math.max(most, running)
    await setImmediate()
    running -= 1
  })
  expect(most).toBe(Math.min(limit, TEN.length))
})

test('each item once, begun in order', async () => {
  const begun: number[] = []
  await forEachBounded(TEN, 4, async (item) => {
    begun.push(item)
    await setImmediate()
  })
  expect(begun).toEqual(TEN)
})

test('a slow one holds its own place only', async () => {
  const done: number[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await forEachBounded(TEN, 2, async (item) => {
    if (item === 0) await held
    done.push(item)
    if (done.length === TEN.length - 1) release()
  })
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
})

test('nothing to do is done at once', async () => {
  await forEachBounded([], 4, () => Promise.reject(new Error('called')))
})

test('the first rejection is the one that is told', async () => {
  const work = async (item: number) => {
    await setImmediate()
    throw new Error(`item ${item}`)
  }
  await expect(forEachBounded(TEN, 2, work)).rejects.toThrow('item 0')
})

test('also when the work throws before it returns a promise', async () => {
  const work = (item: number) => {
    throw new Error(`item ${item}`)
  }
  await expect(forEachBounded(TEN, 2, work)).rejects.toThrow('item 0')
})
