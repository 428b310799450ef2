import fc from 'fast-check'
import type { Rules } from '../../lib/rules/rules.ts'
import type { WebhookSource } from '../../lib/sources/source.ts'
import { createWorld } from '../world/world.ts'
import { anyCase, type Case, madeOf } from './case.ts'
import { type Answer, type Door, doorsAt } from './doors.ts'
import { REGIONS, rulesFor } from './rules.ts'
import { brokenOf, MAX_MS, type Seen } from './verdict.ts'

export interface FuzzOptions {
  runs: number
  seed: number
  /** Instead of all that there are: to see what is found in others. */
  sources?: ReadonlyMap<string, WebhookSource>
  /** Instead of those that are made from the samples. */
  rules?: Rules
  /** The first delivery that breaks a promise will do. */
  endsAtFirst?: boolean
  /** CPU time that was used so far (ms). Unless given, that of this process, so that the machine's other work does not count. */
  cpuMs?: () => number
}

export interface FuzzReport {
  /** Deliveries that were tried. */
  tried: number
  /** Door -> class of answer -> how many. */
  answers: Map<string, Map<string, number>>
  slowest: { door: string; tookMs: number }
  /** The smallest delivery that was found to break a promise. */
  violation?: { broken: string[]; made: string }
}

/** What the clock of every world says. */
export const NOW_MS = createWorld().now()

/** Deliveries through all doors, each in a world of its own, until one breaks a promise. */
export async function fuzz({ runs, seed, ...given }: FuzzOptions): Promise<FuzzReport> {
  const doors = doorsAt(NOW_MS, given.sources)
  const rules = {
    plain: given.rules ?? (await rulesFor(doors, false)),
    approved: given.rules ?? (await rulesFor(doors, true)),
  }
  const report: FuzzReport = { tried: 0, answers: new Map(), slowest: { door: '', tookMs: 0 } }
  const { cpuMs = cpuOfProcess } = given
  const tryOne = (one: Case): Promise<Seen> =>
    tried({ one, doors, rules: one.approval ? rules.approved : rules.plain, cpuMs })
  const property = fc.asyncProperty(anyCase, async (one) => {
    const seen = await tryOne(one)
    count(report, seen)
    const broken = brokenOf(seen)
    if (broken.length > 0) throw new Error(broken.join('\n'))
  })
  const details = await fc.check(property, { numRuns: runs, seed, endOnFailure: given.endsAtFirst ?? false })
  if (!details.failed) return report
  const [smallest] = details.counterexample ?? []
  const broken = smallest ? brokenOf(await tryOne(smallest)) : []
  return {
    ...report,
    violation: {
      broken: broken.length > 0 ? broken : [String(details.errorInstance)],
      made: smallest ? story(smallest, doors) : 'it is not known which',
    },
  }
}

function cpuOfProcess(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

interface Trial {
  one: Case
  doors: Door[]
  rules: Rules
  cpuMs: () => number
}

/** What is slow is slow each time; a busy machine, or a pause for garbage, is so once. */
const SLOW_TIMES = 5

async function tried(trial: Trial): Promise<Seen> {
  const seen = await triedOnce(trial)
  for (let times = 1; times < SLOW_TIMES && seen.tookMs > MAX_MS; times++) {
    seen.tookMs = Math.min(seen.tookMs, (await triedOnce(trial)).tookMs)
  }
  return seen
}

async function triedOnce({ one, doors, rules, cpuMs }: Trial): Promise<Seen> {
  const world = createWorld()
  const made = madeOf(one, doors, NOW_MS)
  const deciding = { ports: world.ports, rules, regions: REGIONS }
  const before = cpuMs()
  const answer = await made.door.receive(deciding, made.delivery, made.fetchText)
  const tookMs = cpuMs() - before
  const runsBefore = world.runs.size
  // The record is gone: only the keys of the runs can tell that it is a repeat.
  world.received.clear()
  const again = await made.door.receive(deciding, made.delivery, made.fetchText)
  return { made, answer, again, runsBefore, tookMs, world, approval: one.approval }
}

function count(report: FuzzReport, { made: { door }, answer, tookMs }: Seen): void {
  counted(report, door.name, answer)
  if (tookMs > report.slowest.tookMs) report.slowest = { door: door.name, tookMs }
}

export function counted(report: Pick<FuzzReport, 'tried' | 'answers'>, door: string, answer: Answer): void {
  report.tried++
  const classes = report.answers.get(door) ?? new Map<string, number>()
  const name = classOf(answer)
  report.answers.set(door, classes.set(name, (classes.get(name) ?? 0) + 1))
}

function classOf({ status, results, error }: Answer): string {
  if (status > 499 && error instanceof Error) return error.name
  if (status > 299) return String(status)
  if (results.some(({ runs }) => runs)) return 'run'
  return results.some(({ refused }) => refused) ? 'refused' : 'ignored'
}

const MAX_SHOWN = 3_000

function story(one: Case, doors: Door[]): string {
  const { door, delivery, isAuthentic } = madeOf(one, doors, NOW_MS)
  const { headers, query, body } = delivery
  return [
    `${door.name}, ${isAuthentic ? 'authentic' : `not authentic (${one.from})`}${one.approval ? ', to be approved' : ''}`,
    `edits ${JSON.stringify(one.edits)}, bytes ${JSON.stringify(one.bytes)}, fetched ${JSON.stringify(one.fetched)}`,
    JSON.stringify({ headers, query }),
    `${body.toString().slice(0, MAX_SHOWN)}${body.length > MAX_SHOWN ? ` … (${body.length} bytes)` : ''}`,
  ].join('\n')
}
