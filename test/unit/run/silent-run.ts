/** What steps need beside their context, for tests that look at what comes of them alone. */
import type { RunListener } from '../../../src/core/run-events.ts'
import type { StepRecorder } from '../../../src/run/ledger/step-recorder.ts'

export const SILENT: RunListener = {
  recovered: () => undefined,
  planned: () => undefined,
  started: () => undefined,
  stepped: () => undefined,
  skewed: () => undefined,
  noted: () => undefined,
  ended: () => undefined,
}

export const UNRECORDED: StepRecorder = { intend: async () => undefined, settle: () => undefined }
