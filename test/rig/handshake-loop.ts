import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { servedCertificate } from './served.ts'

export interface HandshakeLoop {
  /** Ends the loop once the serial has been met, and says what the client saw. */
  readonly until: (serial: string) => Promise<Seen>
}

export interface Seen {
  readonly handshakes: number
  readonly failures: readonly string[]
  /** From the moment the file was switched to the first handshake with the serial. */
  readonly switchToServedMs: number
}

const GIVE_UP_MS = 60_000

/** A client that connects one time after another, while the file at `watched` is replaced beside it. */
export function loopHandshakes(port: number, serverName: string, watched: string): HandshakeLoop {
  const before = statSync(watched).ino
  const startedAt = performance.now()
  const failures: string[] = []
  let handshakes = 0
  let switchedAt: number | undefined
  let wanted: string | undefined
  const ended = (async (): Promise<Seen> => {
    const servedAt = new Map<string, number>()
    while (performance.now() - startedAt < GIVE_UP_MS) {
      if (statSync(watched).ino !== before) switchedAt ??= performance.now()
      handshakes += 1
      try {
        const { serialNumber } = await servedCertificate(port, serverName)
        const serial = serialNumber.toLowerCase()
        if (!servedAt.has(serial)) servedAt.set(serial, performance.now())
      } catch (error) {
        failures.push(String(error))
      }
      const at = wanted === undefined ? undefined : servedAt.get(wanted)
      if (at !== undefined) return { handshakes, failures, switchToServedMs: at - (switchedAt ?? at) }
      await sleep(5)
    }
    throw new Error(`serial ${wanted} was not served, after ${handshakes} handshakes`)
  })()
  ended.catch(() => undefined)
  return {
    until: (serial) => {
      wanted = serial
      return ended
    },
  }
}
