import { run } from '../command.ts'

const NEEDED = ['podman', 'runc', 'nginx', 'busybox']

/** What keeps the demo from using containers here, one sentence each; empty when nothing does. */
export async function containerObstacles(): Promise<string[]> {
  const obstacles =
    process.getuid?.() === 0 ? [] : ['not root, so no containers and no files of other owners']
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  for (const command of NEEDED) {
    const { exit } = await run(['sh', '-c', `command -v ${command}`], { env })
    if (exit !== 0) obstacles.push(`${command} is not installed`)
  }
  return obstacles
}
