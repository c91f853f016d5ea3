/** Answers on descriptor 3 until nobody asks: the first reader with bytes, the second not, from the third on it fails. */
import { answerReaders } from '../../../../src/run/delivery/answer-readers.ts'

let asked = 0
const { signal } = new AbortController()
const faults = await answerReaders({ fd: 3, idleMs: 300, signal }, async () => {
  asked += 1
  if (asked > 2) throw new Error(`reader ${asked}`)
  return asked === 1 ? Buffer.from('the key') : undefined
})
process.stdout.write(JSON.stringify(faults.map(String)))
