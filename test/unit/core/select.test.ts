import { describe, expect, test } from 'vitest'
import { selectMaterials, selectOne } from '../../../src/core/select.ts'
import { certificate, identity } from './builders.ts'

const MATERIALS = [identity('web'), certificate('web'), certificate('api')]

test('no name means everything', () => expect(selectMaterials([], MATERIALS)).toBeUndefined())

test.each([
  [['api'], ['certificate/api']],
  [['web'], ['identity/web', 'certificate/web']],
  [['identity/web'], ['identity/web']],
  [
    ['web', 'certificate/web', 'web'],
    ['identity/web', 'certificate/web'],
  ],
])('%j', (names, ids) => expect(selectMaterials(names, MATERIALS)).toEqual(new Set(ids)))

test.each(['nobody', 'identity/api', 'certificate', 'certificate/', 'we', ''])(
  '%j names nothing, and is told what could be named',
  (name) =>
    expect(() => selectMaterials(['api', name], MATERIALS)).toThrow(
      expect.objectContaining({
        code: 'material-unknown',
        message: `expected the name of a configured material, found ${name}; configured: identity/web, certificate/web, certificate/api`,
      }),
    ),
)

test('of an empty configuration nothing can be named', () => {
  expect(() => selectMaterials(['web'], [])).toThrow('configured: none')
})

describe('one material', () => {
  test.each(['api', 'certificate/web'])('%s', (name) => {
    expect(selectOne(name, MATERIALS).id).toBe(name === 'api' ? 'certificate/api' : name)
  })

  test('is not what means two', () => {
    expect(() => selectOne('web', MATERIALS)).toThrow(
      expect.objectContaining({
        code: 'usage-invalid',
        message: 'expected the name of one material, found identity/web and certificate/web',
        hint: 'say which: identity/web or certificate/web',
      }),
    )
  })

  test('is not what is not there', () => {
    expect(() => selectOne('none', MATERIALS)).toThrow(expect.objectContaining({ code: 'material-unknown' }))
  })
})
