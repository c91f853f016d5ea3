/** Turns a schema issue into a problem that says what was expected and what was found. */
import type * as z from 'zod/mini'
import type { Problem } from './problem.ts'

type Issue = z.core.$ZodIssue

export function describeIssue(
  issue: Issue,
  root: unknown,
  fileOf: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key]
      return { file: fileOf(at), at: at.join('.'), expected: 'a known key', found: `${key}, which is none` }
    })
  }
  const problem = { file: fileOf(path), at: path.join('.') }
  return [{ ...problem, expected: expectation(issue, valueAt(root, path)), found: show(valueAt(root, path)) }]
}

function expectation(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? `this key (${issue.expected})` : issue.expected
    case 'invalid_value':
      return issue.message.startsWith('Invalid') ? `one of ${issue.values.join(', ')}` : issue.message
    case 'too_small':
      return `at least ${issue.minimum}`
    case 'too_big':
      return `at most ${issue.maximum}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'another name'
    case 'invalid_union':
      return issue.message
    default:
      return issue.message
  }
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  return value
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
