import type { Counters } from './counters.ts'
import { PRICES, type PriceName, usdOf } from './prices.ts'

/** One line of a bill. */
export interface BillLine {
  name: string
  unit: string
  units: number
  usd: number
  /** Of the total, 0 to 1. */
  share: number
}

export interface Bill {
  lines: BillLine[]
  usd: number
}

/** In the order in which they are printed; each index has a line of its own after the table's. */
const PRICE_OF: Readonly<Record<string, PriceName>> = {
  'table writes': 'tableWrite',
  'table reads': 'tableRead',
  SQS: 'queue',
  SNS: 'topic',
  'Lambda requests': 'invocation',
  'Lambda waiting': 'armSeconds',
  'Lambda computing': 'armSeconds',
  logs: 'logs',
  gateway: 'gateway',
  schedule: 'schedule',
  secrets: 'secretRead',
  'the secret': 'secretStorage',
}

const ORDER = Object.keys(PRICE_OF)

/** @throws {Error} where something was used that has no price */
export function billOf(billed: Counters): Bill {
  const used = Object.entries(billed).filter(([, units]) => units !== 0)
  const priced = used.map(([name, units]) => {
    const price = name.startsWith('index ') ? 'tableWrite' : PRICE_OF[name]
    if (!price) throw new Error(`${name} has no price`)
    return { name, unit: PRICES[price].unit, units, usd: usdOf(price, units) }
  })
  const usd = priced.reduce((sum, line) => sum + line.usd, 0)
  const lines = priced.map((line) => ({ ...line, share: usd === 0 ? 0 : line.usd / usd }))
  return { lines: lines.sort((a, b) => rankOf(a.name) - rankOf(b.name) || (a.name < b.name ? -1 : 1)), usd }
}

function rankOf(name: string): number {
  return name.startsWith('index ') ? 0.5 : ORDER.indexOf(name)
}
