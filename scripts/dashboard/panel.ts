/** As much of Grafana's dashboard model as the shipped dashboard uses. */
import type { Series } from '../../test/rig/prometheus.ts'

export interface Dashboard {
  readonly panels: readonly Panel[]
  readonly time: { readonly from: string }
}

export interface Panel {
  readonly title: string
  readonly type: 'stat' | 'table' | 'timeseries'
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: Unit
      readonly min?: number
      readonly max?: number
      readonly thresholds?: {
        readonly steps: readonly { readonly color: string; readonly value: number | null }[]
      }
    }
  }
  readonly options: { readonly sortBy?: readonly { readonly desc: boolean }[] }
  readonly transformations?: readonly {
    readonly options: {
      readonly excludeByName: Readonly<Record<string, boolean>>
      readonly renameByName?: Readonly<Record<string, string>>
    }
  }[]
}

export type Unit = 'short' | 's' | 'percentunit'

/** A panel with all that Prometheus has for it, in the order in which it is shown. */
export interface Answer {
  readonly panel: Panel
  readonly series: readonly Series[]
  readonly fromSeconds: number
  readonly toSeconds: number
}
