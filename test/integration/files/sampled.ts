/** Which of many points a run of the tests visits: all with KEYROLLER_CRASH_POINTS=all, else a sample that can be repeated. */
export interface Sample<T> {
  readonly chosen: readonly T[]
  /** For the log: how many of how many, and how to get the same ones again. */
  readonly label: string
}

export function samplePoints<T>(points: readonly T[], count: number, env: NodeJS.ProcessEnv): Sample<T> {
  if (env.KEYROLLER_CRASH_POINTS === 'all') return { chosen: points, label: `all ${points.length}` }
  const seed = Number(env.KEYROLLER_CRASH_SEED ?? Math.floor(Math.random() * 1e6))
  const chosen = spread(points, count, seed)
  return { chosen, label: `${chosen.length} of ${points.length}, KEYROLLER_CRASH_SEED=${seed}` }
}

/** One point out of each of `count` equal stretches, so that every phase of a run is visited. */
function spread<T>(points: readonly T[], count: number, seed: number): T[] {
  const random = generator(seed)
  const stretch = Math.max(1, points.length / count)
  const places = Array.from({ length: Math.min(count, points.length) }, (_, index) =>
    Math.floor((index + random()) * stretch),
  )
  return places.flatMap((place) => points[place] ?? [])
}

/** mulberry32: small, good enough to pick from a few dozen. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
