import { describe, expect, test } from 'vitest'
import { findChainFault, type TrustAnchors } from '../../../src/x509/chain.ts'
import { authority, DAY_MS, type Issued, issue, NOW_MS, newHolder } from './authority.ts'

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })
const leaf = await issue({ commonName: 'web', issuer: intermediate })

test('leaf, intermediate, root', () => {
  expect(faultOf(leaf, [intermediate], [root])).toBeUndefined()
})

test('an anchor may stand right above the leaf, and need not be a root', () => {
  expect(faultOf(leaf, [], [intermediate])).toBeUndefined()
})

test('the order of the intermediates is no matter, nor are others among them', async () => {
  const lower = await authority('Lower', { issuer: intermediate })
  const low = await issue({ commonName: 'web', issuer: lower })
  expect(faultOf(low, [intermediate, leaf, lower], [root])).toBeUndefined()
})

describe('what breaks a chain', () => {
  test('a missing intermediate', () => {
    expect(faultOf(leaf, [], [root])).toBe('no issuer of web (Intermediate)')
  })

  test('another root, of the same name even', async () => {
    expect(faultOf(leaf, [intermediate], [await authority('Other')])).toBe('no issuer of Intermediate (Root)')
    expect(faultOf(leaf, [intermediate], [await authority('Root')])).toBe('no issuer of Intermediate (Root)')
  })

  test('no anchor at all', () => {
    expect(faultOf(leaf, [intermediate, root], [])).toBe('no issuer of Root (Root)')
  })

  test('an intermediate that is no authority', async () => {
    const server = await issue({ commonName: 'Server', issuer: root })
    const forged = await issue({ commonName: 'web', issuer: server })
    expect(faultOf(forged, [server], [root])).toBe('no issuer of web (Server)')
  })

  test('a leaf that vouches for itself', async () => {
    const lonely = await issue({ commonName: 'lonely' })
    expect(faultOf(lonely, [lonely], [root])).toBe('no issuer of lonely (lonely)')
  })

  test('an expired intermediate, to the millisecond', async () => {
    const notAfterMs = NOW_MS - DAY_MS
    const old = await authority('Old', { issuer: root, notAfterMs })
    const below = await issue({ commonName: 'web', issuer: old })
    expect(faultOf(below, [old], [root])).toBe('Old, which expired at 2026-05-31T12:00:00Z')
    expect(faultOf(below, [old], [root], notAfterMs - 1)).toBeUndefined()
    expect(faultOf(below, [old], [root], notAfterMs)).toContain('which expired')
  })

  test('an anchor that is not valid yet', async () => {
    const early = await authority('Early', { notBeforeMs: NOW_MS + DAY_MS })
    const below = await issue({ commonName: 'web', issuer: early })
    expect(faultOf(below, [], [early])).toBe('Early, which is not valid before 2026-06-02T12:00:00Z')
  })

  test('more authorities than any PKI has', async () => {
    const tower = [root]
    for (const name of ['1', '2', '3', '4', '5', '6', '7', '8'])
      tower.push(await authority(name, { issuer: tower.at(-1) ?? root }))
    const top = await issue({ commonName: 'web', issuer: tower[7] ?? root })
    const over = await issue({ commonName: 'web', issuer: tower[8] ?? root })
    expect(faultOf(top, tower.slice(1), [root])).toBeUndefined()
    expect(faultOf(over, tower.slice(1), [root])).toBe('no anchor within 8 certificates')
  })
})

describe('cross-signed authorities', () => {
  test('two that signed each other end in a fault, not in a loop', async () => {
    const [a, b] = [newHolder([{ CN: ['A'] }]), newHolder([{ CN: ['B'] }])]
    const aByB = await authority('A', { holder: a, issuer: b })
    const bByA = await authority('B', { holder: b, issuer: a })
    const below = await issue({ commonName: 'web', issuer: a })
    expect(faultOf(below, [aByB, bByA], [root])).toBe('no issuer of B (A)')
  })

  test.each(['first', 'last'])('the way that leads to an anchor is found when it is %s', async (place) => {
    const holder = newHolder([{ CN: ['Crossed'] }])
    const byRoot = await authority('Crossed', { holder, issuer: root })
    const byOther = await authority('Crossed', { holder, issuer: await authority('Other') })
    const below = await issue({ commonName: 'web', issuer: holder })
    const chain = place === 'first' ? [byRoot, byOther] : [byOther, byRoot]
    expect(faultOf(below, chain, [root])).toBeUndefined()
  })

  test('an expired twin does not hide the valid one: intermediates', async () => {
    const holder = newHolder([{ CN: ['Twin'] }])
    const old = await authority('Twin', { holder, issuer: root, notAfterMs: NOW_MS - DAY_MS })
    const fresh = await authority('Twin', { holder, issuer: root })
    const below = await issue({ commonName: 'web', issuer: holder })
    expect(faultOf(below, [old, fresh], [root])).toBeUndefined()
    expect(faultOf(below, [old], [root])).toBe('Twin, which expired at 2026-05-31T12:00:00Z')
  })

  test('an expired twin does not hide the valid one: a root renewed with its key', async () => {
    const holder = newHolder([{ CN: ['Renewed'] }])
    const old = await authority('Renewed', { holder, notAfterMs: NOW_MS - DAY_MS })
    const fresh = await authority('Renewed', { holder })
    const below = await issue({ commonName: 'web', issuer: holder })
    expect(faultOf(below, [], [old, fresh])).toBeUndefined()
    expect(faultOf(below, [], [old])).toBe('Renewed, which expired at 2026-05-31T12:00:00Z')
  })
})

describe('intermediates proved once', () => {
  test('are remembered with the anchors they lead to', () => {
    const anchors = anchorsOf([root])
    expect(findChainFault(leaf.parsed, [intermediate.parsed], anchors, NOW_MS)).toBeUndefined()
    expect(anchors.proved).toEqual(new Set([intermediate.parsed.facts.fingerprint]))
  })

  test('are not when they lead nowhere', () => {
    const anchors = anchorsOf([leaf])
    expect(findChainFault(leaf.parsed, [intermediate.parsed], anchors, NOW_MS)).toBe(
      'no issuer of Intermediate (Root)',
    )
    expect(anchors.proved).toEqual(new Set())
  })

  test('still have to have signed the leaf', async () => {
    const anchors = anchorsOf([root])
    findChainFault(leaf.parsed, [intermediate.parsed], anchors, NOW_MS)
    const forged = await issue({ commonName: 'web', issuer: newHolder(intermediate.name) })
    expect(findChainFault(forged.parsed, [intermediate.parsed], anchors, NOW_MS)).toBe(
      'no issuer of web (Intermediate)',
    )
  })
})

function faultOf(child: Issued, chain: Issued[], anchors: Issued[], nowMs = NOW_MS): string | undefined {
  return findChainFault(
    child.parsed,
    chain.map(({ parsed }) => parsed),
    anchorsOf(anchors),
    nowMs,
  )
}

function anchorsOf(anchors: readonly Issued[]): TrustAnchors {
  return { certificates: anchors.map(({ parsed }) => parsed), proved: new Set(), known: new Map() }
}
