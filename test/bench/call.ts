import type { Round } from './call-rounds.ts'
import { type Child, startChild } from './child.ts'
import { CLIENT_NAMES, CLIENTS, type ClientName } from './clients/all.ts'
import { inTurns, type Measured, median } from './measure.ts'
import { NO_HTTPS, type Place, withPlace } from './place.ts'

const IN_FLIGHT = [1, 8, 64]

/**
 * What the compiler makes of a program differs by a tenth from process to process, so each contestant has several
 * processes, one after the other, and each takes several turns.
 */
const TURNS = { http: { processes: 3, repeats: 3 }, https: { processes: 1, repeats: 3 } }

const isSlow = (name: ClientName): boolean => name.endsWith('official')

/** Enough for the collector to have its share, and no more of the slow ones than the bench has time for. */
const callsOf = (name: ClientName): number => (isSlow(name) ? 600 : 4_000)

/** The compiler is at work for so long: before, all cost twice to five times as much. */
const warmUpOf = (name: ClientName): Round => ({ calls: isSlow(name) ? 6_000 : 12_000, inFlight: 16 })

/** CPU of the client's process a call (us). */
type Figures = Record<ClientName, number>

/** By calls in flight. */
async function measure(place: Place, scheme: 'http' | 'https'): Promise<Figures[]> {
  const { processes, repeats } = TURNS[scheme]
  const measured: Figures[][] = []
  for (let process = 0; process < processes; process++) measured.push(await measureOnce(place, scheme, repeats))
  return IN_FLIGHT.map((_, level) => {
    const middle = (name: ClientName): number => median(measured.map((figures) => figures[level]?.[name] ?? Number.NaN))
    return Object.fromEntries(CLIENT_NAMES.map((name) => [name, middle(name)])) as Figures // one for each name
  })
}

async function measureOnce({ origins, env }: Place, scheme: 'http' | 'https', repeats: number): Promise<Figures[]> {
  const children = new Map<ClientName, Child<Round, number>>()
  try {
    for (const name of CLIENT_NAMES) {
      const child = startChild<Round, number>('./call-rounds.ts', [name, origins[scheme] ?? ''], { env })
      children.set(name, child)
      await child.ask(warmUpOf(name))
    }
    const figures: Figures[] = []
    for (const inFlight of IN_FLIGHT) {
      const rounds = [...children].map(([name, child]) => [name, () => child.ask({ calls: callsOf(name), inFlight })])
      figures.push(await inTurns(repeats, Object.fromEntries(rounds)))
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
    ...CLIENT_NAMES.map((name) => {
      const cells = figures.map((us) => figure(us[name], us['huawei-pool']))
      return `${`  ${CLIENTS[name].title}`.padEnd(40)}${cells.join('')}`
    }),
  ]
}

export async function call(): Promise<Measured> {
  return withPlace(async (place) => {
    const http = await measure(place, 'http')
    const https = place.origins.https ? await measure(place, 'https') : undefined
    const busiest = http.at(-1)
    const ratio = (name: string, ours: ClientName, theirs: ClientName, target: number) => ({
      ...{ name, ours: busiest?.[ours] ?? Number.NaN, theirs: busiest?.[theirs] ?? Number.NaN, unit: 'us', target },
    })
    return {
      heading:
        `call: CPU of the client's process a call, x = beside Pool.request + minimal signer; ` +
        `medians of ${TURNS.http.processes} processes (https ${TURNS.https.processes}), ` +
        `${TURNS.http.repeats} turns each; ratios: http, ${IN_FLIGHT.at(-1)} in flight`,
      lines: [...table('http', http), ...(https ? table('https', https) : [NO_HTTPS])],
      ratios: [
        ratio('call.cpu.vs.pool', 'huawei-ours', 'huawei-pool', 1),
        ratio('call.cpu.vs.huawei', 'huawei-ours', 'huawei-official', 0.25),
        ratio('call.cpu.vs.tencent', 'tencent-ours', 'tencent-official', 0.33),
      ],
    }
  })
}
