/** Turns a schema issue into problems that say what was expected and what was found. */
import type * as z from 'zod/mini'
import type { Problem } from './problem.ts'

type Issue = z.core.$ZodIssue

export function describeIssue(
  issue: Issue,
  root: unknown,
  fileOf: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const { path } = issue
  if (issue.code === 'invalid_union') {
    const meant = closestBranch(issue.errors)
    const inside = meant?.map((one): Issue => ({ ...one, path: [...path, ...one.path] }))
    if (inside) return inside.flatMap((one) => describeIssue(one, root, fileOf))
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key]
      return { file: fileOf(at), at: at.join('.'), expected: 'a known key', found: `${key}, which is none` }
    })
  }
  const found = issue.code === 'invalid_key' ? path.at(-1) : valueAt(root, path)
  return [{ file: fileOf(path), at: path.join('.'), expected: expectation(issue), found: show(found) }]
}

/**
 * The branch of a union that was meant: the only one with the fewest faults among those that fit at their root. A bad mode in
 * a table must be told as such, not as neither a path nor a table.
 */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
  const fewest = Math.min(...fitting.map(weight))
  const closest = fitting.filter((issues) => weight(issues) === fewest)
  return closest.length === 1 ? closest[0] : undefined
}

function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)
}

/** What zod says where the schema brings no phrase of its own; it has no locale here. */
const NO_PHRASE = 'Invalid input'

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a table',
  record: 'a table',
  string: 'a text',
  tuple: 'a list',
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'another name'
  if (issue.message !== NO_PHRASE) return issue.message
  return issue.code === 'invalid_type' ? (TYPE_WORDS[issue.expected] ?? issue.expected) : 'something else'
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  return value
}

/** JSON, but for the numbers that JSON cannot say. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
