import type { Round } from './call-rounds.ts'
import { type Child, startChild } from './child.ts'
import { inTurns, type Measured } from './measure.ts'
import { NO_HTTPS, type Place, withPlace } from './place.ts'

const CLIENTS = {
  'huawei-ours': 'ours: call(), Huawei Cloud',
  'tencent-ours': 'ours: call(), Tencent Cloud',
  'huawei-pool': 'undici Pool.request + minimal signer',
  'huawei-dispatch': 'undici Pool.dispatch, unsigned',
  'huawei-official': 'Huawei Cloud SDK core',
  'tencent-official': 'Tencent Cloud SDK core',
}
type Name = keyof typeof CLIENTS
const NAMES = Object.keys(CLIENTS) as Name[] // its own keys

const IN_FLIGHT = [1, 8, 64]
const REPEATS = { http: 11, https: 5 }

/** The compiler is at work for so long: before, all cost twice to five times as much. */
const WARM_UP = { calls: 12_000, inFlight: 16 }

/** In one round: enough for the collector to have its share, and no more of the slow ones than the bench has time for. */
const callsOf = (name: Name): number => (name.endsWith('official') ? 600 : 4_000)

type Figures = Record<Name, number>

/** CPU of the client's process a call (us), by calls in flight. */
async function measure({ origins, env }: Place, scheme: 'http' | 'https'): Promise<Figures[]> {
  const children = new Map<Name, Child<Round, number>>()
  try {
    for (const name of NAMES) {
      const child = startChild<Round, number>('./call-rounds.ts', [name, origins[scheme] ?? ''], {
        env,
      })
      children.set(name, child)
      await child.ask(WARM_UP)
    }
    const figures: Figures[] = []
    for (const inFlight of IN_FLIGHT) {
      const rounds = [...children].map(([name, child]) => [name, () => child.ask({ calls: callsOf(name), inFlight })])
      figures.push(await inTurns(REPEATS[scheme], Object.fromEntries(rounds)))
    }
    return figures
  } finally {
    for (const child of children.values()) child.stop()
  }
}

function table(scheme: string, figures: Figures[]): string[] {
  const cell = (text: string): string => text.padStart(16)
  const figure = (us: number, pool: number): string => cell(`${us.toFixed(0)} us ${(us / pool).toFixed(2)}x`)
  return [
    `${`${scheme}, calls in flight`.padEnd(40)}${IN_FLIGHT.map((inFlight) => cell(String(inFlight))).join('')}`,
    ...NAMES.map((name) => {
      const cells = figures.map((us) => figure(us[name], us['huawei-pool']))
      return `${`  ${CLIENTS[name]}`.padEnd(40)}${cells.join('')}`
    }),
  ]
}

export async function call(): Promise<Measured> {
  return withPlace(async (place) => {
    const http = await measure(place, 'http')
    const https = place.origins.https ? await measure(place, 'https') : undefined
    const busiest = http.at(-1)
    const ratio = (name: string, ours: Name, theirs: Name, target: number) => ({
      ...{ name, ours: busiest?.[ours] ?? Number.NaN, theirs: busiest?.[theirs] ?? Number.NaN, unit: 'us', target },
    })
    return {
      heading:
        `call: CPU of the client's process a call, x = beside Pool.request + minimal signer; medians of ` +
        `${REPEATS.http} (http), ${REPEATS.https} (https); ratios: http, ${IN_FLIGHT.at(-1)} in flight`,
      lines: [...table('http', http), ...(https ? table('https', https) : [NO_HTTPS])],
      ratios: [
        ratio('call.cpu.vs.pool', 'huawei-ours', 'huawei-pool', 1),
        ratio('call.cpu.vs.huawei', 'huawei-ours', 'huawei-official', 0.25),
        ratio('call.cpu.vs.tencent', 'tencent-ours', 'tencent-official', 0.33),
      ],
    }
  })
}
