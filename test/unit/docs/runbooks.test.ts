import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const PAGES = join(import.meta.dirname, '../../../docs/runbooks')
const FOLLOWERS = ['runbooks', 'policy-signing'].map((name) =>
  readFileSync(join(import.meta.dirname, `../../integration/run/keysets/${name}.test.ts`), 'utf8'),
)

test('every runbook stands in the list of them, and a test follows it', () => {
  const list = readFileSync(join(PAGES, 'README.md'), 'utf8')
  const pages = readdirSync(PAGES).filter((name) => name !== 'README.md')
  expect(pages.length).toBeGreaterThan(5)
  for (const page of pages) {
    expect(list).toContain(`(${page})`)
    expect(
      FOLLOWERS.some((text) => text.includes(`'${page}'`) || text.includes(`'${page.replace('.md', '')}'`)),
      page,
    ).toBe(true)
  }
})
