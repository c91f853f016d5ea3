/** Whether a pushed pair may be installed: by the judgement of what Vault issues, and by what the next run would say of it. */
import { judgeRenewal } from '../../core/deciding/renewal.ts'
import type { EpochMs } from '../../core/epoch-ms.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { PushableCertificate } from '../../core/material.ts'
import { nameSome } from '../../core/name-some.ts'
import { PUSHED_PAIR } from '../../core/push/pushed-files.ts'
import { findReplay, type PushHistory } from '../../core/push/replay.ts'
import type { TrustAnchors } from '../../x509/chain.ts'
import { keypairOf } from '../../x509/keypair.ts'
import { type ReadSet, readSet } from '../../x509/read-set.ts'
import { type JudgedAnswer, judgeAnswer } from '../judge-answer.ts'

/** What an inbox holds, taken apart. Throws `push-refused` when a file of the pair is not there. */
export function readPair(
  { inbox }: PushableCertificate,
  files: ReadonlyMap<string, Buffer>,
  anchors: TrustAnchors,
  nowMs: EpochMs,
): ReadSet {
  const [key, fullchain] = PUSHED_PAIR.map((name) => files.get(name))
  if (key && fullchain) {
    const contents = new Map([
      ['key', { content: key }] as const,
      ['fullchain', { content: fullchain }] as const,
    ])
    return readSet(contents, anchors, nowMs)
  }
  const found = files.size === 0 ? 'neither' : `${nameSome([...files.keys()])} alone`
  throw new KeyrollerError('push-refused', `${inbox}: expected ${PUSHED_PAIR.join(' and ')}, found ${found}`)
}

export interface PushedPair {
  readonly material: PushableCertificate
  readonly pushed: ReadSet
  readonly history: PushHistory
  readonly anchors: TrustAnchors
  readonly nowMs: EpochMs
}

/** Throws `push-refused` with the first fault: what the files are, whether it is a step back, then what the PKI is judged by. */
export function judgePair(pair: PushedPair): Omit<JudgedAnswer, 'leftOut'> {
  const { material, pushed, history, nowMs } = pair
  const { parts, privateKey, certificates, ...facts } = pushed
  const unfit = judgeRenewal({
    material,
    facts: { ...facts, kind: 'pair', files: [] },
    nowMs,
    dueAtMs: undefined,
    forced: false,
  })
  if (unfit) throw refused(material, `${unfit.reason}: ${unfit.message}`)
  const [leaf, ...above] = certificates ?? []
  if (!leaf || !privateKey) throw refused(material, 'expected a pair, found parts of one')
  const replay = findReplay(leaf.facts, history)
  if (replay !== undefined) throw refused(material, `replayed: ${replay}`)
  const signed = { certificatePem: leaf.pem, caChainPems: above.map(({ pem }) => pem) }
  return judgeAsIssued(pair, { signed, keypair: keypairOf(privateKey) })
}

function judgeAsIssued(
  { material, history, anchors, nowMs }: PushedPair,
  answer: Pick<Parameters<typeof judgeAnswer>[0], 'signed' | 'keypair'>,
): Omit<JudgedAnswer, 'leftOut'> {
  try {
    const currentNotAfterMs = history.installed?.notAfterMs
    const { leftOut: _, ...judged } = judgeAnswer({ ...answer, material, anchors, currentNotAfterMs, nowMs })
    return judged
  } catch (error) {
    if (error instanceof KeyrollerError && error.code === 'issue-invalid')
      throw new KeyrollerError('push-refused', error.message)
    throw error
  }
}

function refused({ id }: PushableCertificate, message: string): KeyrollerError {
  return new KeyrollerError('push-refused', `${id}: ${message}`)
}
