/** Files and functions stay small enough to be read at once. */
import { expect, test } from 'vitest'
import { readSources } from './source.ts'

const MAX_FILE_LINES = 300
const MAX_FUNCTION_LINES = 60

const sources = readSources()

test(`no file over ${MAX_FILE_LINES} lines`, () => {
  const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > MAX_FILE_LINES)
  expect(long.map(({ path }) => path)).toEqual([])
})

test(`no function over ${MAX_FUNCTION_LINES} lines`, () => {
  const long = sources.flatMap(({ path, text }) =>
    measureFunctions(text)
      .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
      .map(({ line, lines }) => `${path}:${line} ${lines} lines`),
  )
  expect(long).toEqual([])
})

test('the measure itself finds functions of every form, and their whole length', () => {
  const text = [
    'export async function plain(', //                1
    '  one: string,', //                              2
    '): Promise<void> {', //                          3
    '  if (one) {', //                                4
    '    return', //                                  5
    '  }', //                                         6
    '}', //                                           7
    'const arrow = async (one: string) => {', //      8
    '  return {', //                                  9
    '    method(two: number): void {', //            10
    '      two += 1', //                             11
    '    },', //                                     12
    '  }', //                                        13
    '}', //                                          14
  ].join('\n')
  expect(measureFunctions(text)).toEqual([
    { line: 1, lines: 7 },
    { line: 8, lines: 7 },
    { line: 10, lines: 3 },
  ])
})

test('the measure itself sees the functions of src', () => {
  const count = sources.flatMap(({ text }) => measureFunctions(text)).length
  const keywords = sources.flatMap(
    ({ text }) => text.match(/^(?:export )?(?:async )?function /gm) ?? [],
  ).length
  expect(count).toBeGreaterThan(keywords)
})

const FUNCTION = /^\s*(?:export )?(?:async )?function\b/
const ARROW = /=> \{$/
const METHOD =
  /^\s+(?:override |static |async |get |set )*(?!if|for|while|switch|catch|return)\w+\([^)]*\)(?:: .+)? \{$/

/** Biome puts the closing brace on a line of its own, at the indentation of the line that began. */
function measureFunctions(text: string): { line: number; lines: number }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, start) => {
    if (!FUNCTION.test(line) && !ARROW.test(line) && !METHOD.test(line)) return []
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const length = lines.slice(start).findIndex((one) => one.startsWith(`${indent}}`)) + 1
    return length > 0 ? [{ line: start + 1, lines: length }] : []
  })
}
