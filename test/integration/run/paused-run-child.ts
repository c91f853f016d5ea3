/** A renewal of one identity that stands still at a moment, so that whoever started it can break something there. */
import { readSync } from 'node:fs'
import { loadConfig } from '../../../src/config/load.ts'
import type { MaterialId } from '../../../src/core/material.ts'
import type { RunListener } from '../../../src/core/run-events.ts'
import { describeHost } from '../../../src/run/host.ts'
import { renew, takeFirstLook } from '../../../src/run/renew.ts'
import type { Moment } from './paused-run.ts'

const [file = '', identity, moment] = process.argv.slice(2) as [string, MaterialId, Moment]

const nothing = () => undefined
const listener: RunListener = {
  ...{ recovered: nothing, planned: nothing, skewed: nothing, noted: nothing, ended: nothing },
  started: ({ kind }) => {
    if (kind === moment) standStill()
  },
  stepped: ({ step: { kind } }) => {
    if (moment === `after ${kind}`) standStill()
  },
}

/** The whole process, sockets and timers too, until somebody writes a line. */
function standStill(): void {
  process.stdout.write('paused\n')
  readSync(0, Buffer.alloc(16))
}

const host = describeHost(process, '0.0.0-test')
const config = loadConfig({ file, env: host.env, uid: host.uid })
const signal = new AbortController().signal
const asked = { config, host, signal, only: new Set([identity]), force: true, lockWaitMs: 0 }
process.exitCode = (await renew({ ...asked, listener }, takeFirstLook(asked))).exit
