import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitOptions, withOptions } from '../../../../src/core/consumers/target-text.ts'

const key = fc.stringMatching(/^[a-z_]{1,8}$/)

test('property: what was joined is split again', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((named) => !named.includes('?')),
      fc.uniqueArray(fc.tuple(key, fc.stringMatching(/^[ -~]*$/)), { selector: ([name]) => name }),
      (named, options) => {
        expect(splitOptions(withOptions(named, options))).toEqual({ named, options: new Map(options) })
      },
    ),
  )
})

test.each(['a?', 'a?=b', 'a?b=1&b=2', 'a?b=%', 'a?b=%4', 'a?B=1', 'a?b=1&'])('%s has no options', (text) => {
  expect(splitOptions(text)).toBeUndefined()
})

test('people can read it', () => {
  expect(withOptions('socket:/run/a', [['send', 'show info=1? 100%&']])).toBe(
    'socket:/run/a?send=show info=1? 100%25%26',
  )
})
