import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runKeyroller } from '../../../rig/host.ts'
import { owingHost } from '../../../unit/run/notify/owing-host.ts'

test('a run that is killed whenever it tells tells no more often than it may', async () => {
  const { folder, place, configure } = await owingHost('exec = ["~/kill"]\nmax_overall = 1')
  configure((text) => text.replace('timeout = "5s"', 'timeout = "1s"'))
  place('kill', `#!/bin/sh\necho x >> ${folder}/tries\nkill -KILL $PPID\n`, 0o755)
  const exits = []
  for (let run = 0; run < 3; run += 1) {
    const { exit } = await runKeyroller(['renew', '--config', join(folder, 'keyroller.toml')])
    exits.push(exit)
  }
  expect(exits.map((exit) => exit === 137)).toEqual([true, false, false])
  expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('x\n')
})
