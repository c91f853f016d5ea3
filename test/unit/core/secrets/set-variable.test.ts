import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasVariable, setVariable } from '../../../../src/core/secrets/set-variable.ts'
import { readBySystemd } from './systemd-reader.ts'

describe('where it stands', () => {
  test.each([
    ['nothing', '', 'KEY=new\n'],
    ['other lines', 'A=1\n# note\n', 'A=1\n# note\nKEY=new\n'],
    ['a last line that does not end', 'A=1', 'A=1\nKEY=new\n'],
    ['a comment that does not end', '# a', '# a\nKEY=new\n'],
    ['a comment that some carry on', '# a \\', '# a \\\n\nKEY=new\n'],
    ['one with its line feed', '# a \\\n', '# a \\\n\nKEY=new\n'],
    ['a line that goes on at the end', 'A=1\\\n', 'A=1\\\n\nKEY=new\n'],
    ['an old value', 'A=1\nKEY=old\nB=2', 'A=1\nKEY=new\nB=2'],
    ['an empty one', 'KEY=\nB=2\n', 'KEY=new\nB=2\n'],
    ['several', 'KEY=old\nA=1\nKEY=older\n', 'KEY=new\nA=1\nKEY=new\n'],
    ['one behind export', 'export KEY=old\n', 'export KEY=new\n'],
    ['one with blanks', '  KEY = old\n', '  KEY =new\n'],
    ['one that is quoted over several lines', 'KEY="a\nKEY=b\\"\n"\nB=2\n', 'KEY=new\nB=2\n'],
    ['quotes one behind the other', `KEY='a\n'"b\n"c\nB=2\n`, 'KEY=new\nB=2\n'],
    ['a line that goes on', 'KEY=a\\\nb\nB=2\n', 'KEY=new\nB=2\n'],
    ['CRLF', 'A=1\r\nKEY=old\r\nB=2\r\n', 'A=1\r\nKEY=new\r\nB=2\r\n'],
  ])('%s', (_, text, wanted) => {
    expect(setVariable(text, 'KEY', 'new')).toEqual({ text: wanted })
    expect(setVariable(wanted, 'KEY', 'new')).toEqual({ text: wanted })
  })
})

describe('what only looks like it', () => {
  test.each([
    'A="\nKEY=old\n"\n',
    "A='\nKEY=old\n'\n",
    'A=\\\nKEY=old\n',
    '# KEY=old\n',
    ';KEY=old\n',
    'MY_KEY=old\nKEY_2=old\nKEY2=old\nkey=old\n',
    'KEY\n',
    'A=b"\nB=\'c\n',
  ])('%j stays', (text) => {
    const isClosed = !text.includes("B='")
    expect(setVariable(text, 'KEY', 'new')).toEqual(
      isClosed ? { text: `${text}KEY=new\n` } : { fault: expect.stringContaining('quotes') },
    )
  })
})

test.each(['A="1\n', "KEY='old", 'A=1\\', 'A="a"\'b\n'])('%j does not end, and stays as it is', (text) => {
  expect(setVariable(text, 'KEY', 'new')).toEqual({
    fault: 'expected an environment file whose quotes end, found some that do not',
  })
})

test('a value of several lines is quoted, and no fault has it in it', () => {
  expect(setVariable('', 'KEY', 'a "b"\nc')).toEqual({ text: 'KEY="a \\"b\\"\nc"\n' })
  expect(JSON.stringify(setVariable('', 'not a name', 'canary'))).not.toContain('canary')
})

test('systemd reads the value, and everything else as before; set twice is set once', () => {
  const text = fc.string({ unit: fc.constantFrom(...'KAB=\'"\\ #;\n\r'), maxLength: 40 })
  fc.assert(
    fc.property(text, text, (before, value) => {
      const once = setVariable(before, 'K', value)
      if ('fault' in once) return
      expect(readBySystemd(once.text)).toEqual(readBySystemd(before).set('K', value))
      expect(setVariable(once.text, 'K', value)).toEqual(once)
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['KEY=value\n', true],
  ['A=1\n  export KEY = "two\nlines"\n', true],
  ['KEY=""\n', true],
  ['KEY=  \n', false],
  ['#KEY=value\n', false],
  ['A="1\nKEY=value\n"\n', false],
  ['KEY="open\n', false],
  ['', false],
])('whether a key stands in %j is %s', (text, isThere) => expect(hasVariable(text, 'KEY')).toBe(isThere))
