/** A host whose consumer is owed a reload and fails until it is mended, and who hears of it. */
import { join } from 'node:path'
import { type HeardMessage, messagesIn } from '../../../rig/heard.ts'
import { type Stage, stage } from '../../cli/stage.ts'
import { NOW_MS } from '../../x509/authority.ts'

export interface OwingHost extends Stage {
  /** One run, so many minutes after the first. */
  readonly renew: (minutes: number) => Promise<{ exit: number; notes: string[] }>
  readonly mend: () => void
  /** Messages that the program of `[notify] exec` was given. */
  readonly heard: () => HeardMessage[]
}

/** `notify` is what stands in the configuration; `~` in it is the folder, in which `hear` takes messages. */
export async function owingHost(notify = 'exec = ["~/hear"]'): Promise<OwingHost> {
  const host = await stage()
  const { folder, place, configure, keyroller } = host
  place('consumer', '#!/bin/sh\nexit 1\n', 0o755)
  place('hear', `#!/bin/sh\ncat >> ${folder}/heard\n`, 0o755)
  const target = `exec:${folder}/consumer`
  const owed = [{ target, materials: ['certificate/web'], sinceMs: NOW_MS - 3_600_000, attempts: 1 }]
  place('state/state.json', JSON.stringify({ schema: 1, materials: {}, owed }))
  const told = `\n[notify]\n${notify.replaceAll('~', folder)}\n`
  configure((text) => text.replace('exec:/bin/true', target) + told)
  return {
    ...host,
    async renew(minutes) {
      const { exit, stdout } = await keyroller('renew --log human', { nowMs: NOW_MS + minutes * 60_000 })
      return { exit, notes: [...stdout.matchAll(/^note {2}(.*)$/gm)].map(([, note = '']) => note) }
    },
    mend: () => place('consumer', '#!/bin/sh\nexit 0\n', 0o755),
    heard: () => messagesIn(join(folder, 'heard')),
  }
}
