import { expect, test } from 'vitest'
import { lastLine, oneLine } from '../../../src/core/one-line.ts'

test.each([
  ['two\nlines\tand  spaces ', 'two lines and spaces'],
  ['\u001b[2Jcleared', '[2Jcleared'],
  ['right\u202eto left', 'right to left'],
  ['', ''],
])('%j becomes %j', (text, line) => expect(oneLine(text)).toBe(line))

test('a long line is cut by characters, never inside one', () => {
  expect(oneLine('🔑'.repeat(300))).toBe(`${'🔑'.repeat(200)}…`)
})

test.each([
  ['first\nlast\n\n  \n', 'last'],
  ['progress 10%\rprogress 100%\r', 'progress 100%'],
  ['\n', ''],
])('of %j the last line is %j', (text, line) => expect(lastLine(text)).toBe(line))
