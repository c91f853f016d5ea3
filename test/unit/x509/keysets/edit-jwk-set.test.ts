import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editJwkSet, type JwkSetEdit } from '../../../../src/x509/keysets/edit-jwk-set.ts'

const key = (kid: string, n = 1) => ({ kid, kty: 'oct', n })
const isOwn = (element: unknown) => /^v\d+$/.test(Object(element).kid)

test('without a standing set there are ours alone', () => {
  expect(editJwkSet(undefined, { keys: [key('v1')], isOwn })).toBe(
    '{\n  "keys": [\n    {\n      "kid": "v1",\n      "kty": "oct",\n      "n": 1\n    }\n  ]\n}\n',
  )
  const set = JSON.parse(editJwkSet(undefined, { keys: [key('v1')], active: 'v1', isOwn }) ?? '')
  expect(Object.entries(set)).toEqual([
    ['active', 'v1'],
    ['keys', [key('v1')]],
  ])
})

describe('in a set of others', () => {
  const FOREIGN = '{ "kid":"x" ,\t"big": 12345678901234567890, "2": 0, "1": 1e0, "kid2":"\\u0041" }'
  const STANDING = `{"note":[1,{"keys":[]}],\n "keys" : [ ${FOREIGN},{"kid":"v1"} , "odd",{"kid":"v2"},${FOREIGN} ] ,"end":{}}\n\n`

  test('ours take the places of ours, and every other byte stays', () => {
    const keys = [key('v3'), key('v2'), key('v1')]
    const text = editJwkSet(STANDING, { keys, isOwn }) ?? ''
    const kids = JSON.parse(text).keys.map((one: unknown) => Object(one).kid ?? one)
    expect(kids).toEqual(['x', 'v3', 'odd', 'v2', 'v1', 'x'])
    expect(text.split(FOREIGN)).toHaveLength(3)
    expect(text.startsWith('{"note":[1,{"keys":[]}],\n "keys" : [\n')).toBe(true)
    expect(text.endsWith('\n  ] ,"end":{}}\n\n')).toBe(true)
  })

  test('what is ours no more is gone, and leaves its place', () => {
    expect(kidsOf(editJwkSet(STANDING, { keys: [], isOwn }))).toEqual(['x', undefined, 'x'])
  })

  test('where none was ours they come last', () => {
    const text = editJwkSet(STANDING, { keys: [key('v9')], isOwn: () => false })
    expect(kidsOf(text)).toEqual(['x', 'v1', undefined, 'v2', 'x', 'v9'])
  })

  test('active is set where it is, or before the keys; unset it stays', () => {
    const own = { keys: [key('v1')], isOwn }
    const with2 = '{"active":\t"v0","keys":[],"z":1}'
    expect(editJwkSet(with2, { ...own, active: 'v1' })).toMatch(/^\{"active":\t"v1","keys":\[/)
    expect(editJwkSet(with2, own)).toMatch(/^\{"active":\t"v0","keys":\[/)
    expect(editJwkSet('{"a":1, "keys":[]}', { ...own, active: 'v1' })).toMatch(
      /^\{"a":1, "active": "v1",\n {2}"keys":\[/,
    )
  })

  test('what says the same in another layout is left alone', () => {
    const laid = '{"keys":[{"n":1,"kty":"oct","kid":"v1"}],"active":"v1"}'
    expect(editJwkSet(laid, { keys: [key('v1')], active: 'v1', isOwn })).toBe(laid)
    expect(editJwkSet(laid, { keys: [key('v1', 2)], active: 'v1', isOwn })).not.toBe(laid)
  })
})

test.each([
  '',
  'keys',
  '[]',
  'null',
  '{}',
  '{"keys":{}}',
  '{"keys":[],"keys":[]}',
  '{"keys":[],"k\\u0065ys":[]}',
  '{"active":"a","keys":[],"active":"b"}',
  '\ufeff{"keys":[]}',
  '{"keys":[],}',
])('%j is no set that can be edited', (text) => {
  expect(editJwkSet(text, { keys: [], isOwn })).toBeUndefined()
})

const value = fc.jsonValue({ maxDepth: 2 })
const foreign = fc.dictionary(fc.string(), value, { maxKeys: 4 }).map((one) => ({ ...one, kid: 'x' }))
const own = fc.nat(9).map((number) => key(`v${number}`))
const sets = fc.record({
  others: fc.dictionary(
    fc.string().filter((name) => name !== 'keys' && name !== 'active'),
    value,
  ),
  keys: fc.array(fc.oneof(foreign, own, value), { maxLength: 6 }),
  indent: fc.constantFrom(undefined, 2, '\t'),
})
const edits: fc.Arbitrary<JwkSetEdit> = fc
  .record(
    { keys: fc.array(own, { maxLength: 4 }), active: fc.constantFrom('v1', 'v2') },
    { requiredKeys: ['keys'] },
  )
  .map((edit) => ({ ...edit, isOwn }))

test('others keep what they have, ours are what they should be, and a second time changes nothing', () => {
  fc.assert(
    fc.property(sets, edits, ({ others, keys, indent }, edit) => {
      const before = JSON.stringify({ ...others, keys }, null, indent)
      const after = editJwkSet(before, edit)
      const { keys: found, active, ...rest } = JSON.parse(after ?? '')
      expect(rest).toEqual(JSON.parse(JSON.stringify(others)))
      expect(found.filter((one: unknown) => !isOwn(one))).toEqual(
        JSON.parse(JSON.stringify(keys.filter((one) => !isOwn(one)))),
      )
      expect(found.filter(isOwn)).toEqual(edit.keys)
      expect(active).toBe(edit.active)
      expect(editJwkSet(after, edit)).toBe(after)
    }),
    { numRuns: 300 },
  )
})

function kidsOf(text: string | undefined): unknown[] {
  return JSON.parse(text ?? '').keys.map((one: unknown) => Object(one).kid)
}
