/** A run that is killed when one file of a pair is the new one and the other is not yet. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { pathsInside } from './agent-machine.ts'
import type { Machine } from './machine.ts'

/** Which rename of the run it is depends on what else the run writes; so the first with this outcome is looked for. */
export async function killBetweenFiles(machine: Machine, app: string): Promise<void> {
  for (let rename = 1; rename < 10; rename += 1) {
    const inject = `inject=rename:signal=KILL:when=${rename}`
    const under = ['strace', '-f', '-o', '/dev/null', '-e', 'trace=rename', '-e', inject]
    await machine.run(['keyroller', 'renew', '--now', `certificate/${app}`], under)
    if (!(await pairMatches(machine, app))) return
    await machine.must(['keyroller', 'recover'])
  }
  throw new Error('no rename after which key and certificate differ')
}

export async function pairMatches(machine: Machine, app: string): Promise<boolean> {
  const { leafKey, fullchain } = pathsInside(app)
  const [key, certificate] = await Promise.all(
    [leafKey, fullchain].map((path) => readFile(machine.outside(path), 'utf8')),
  )
  return new X509Certificate(certificate ?? '').checkPrivateKey(createPrivateKey(key ?? ''))
}
