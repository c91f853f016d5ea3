/** As many as a sentence bears: `a, b and 998 more`. All of them stand in the step itself. */
const MOST = 8

export function nameSome(names: readonly string[]): string {
  if (names.length === 0) return 'nothing'
  if (names.length <= MOST) return names.join(', ')
  return `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more`
}
