import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { SEED_INSTANCES } from '../simulators/dcs/seeds.ts'
import { SEED_CLUSTERS } from '../simulators/emr/seeds.ts'
import { signStandardWebhook } from '../sources/verify/standard-webhooks.ts'
import { liveLines } from './live-lines.ts'
import { type Machine, startMachine } from './machine.ts'
import { printable } from './printable.ts'
import { movedToNow } from './send/shift-times.ts'

/** A machine with simulated clouds, to demonstrate. */
export type DemoMachine = Pick<Machine, 'url' | 'webhooks' | 'simulatedDcs' | 'simulatedEmr' | 'outcomes'> & {
  close(): Promise<void>
}

/** Durations of the simulated work: each run is shown at work, and the demo takes half a minute. */
export const DEMO_CLOUDS = { dcs: { workMs: { restart: 14_000, flush: 12_000 } } }

const RunView = z.object({
  id: z.string(),
  operation: z.string(),
  state: z.string(),
  source: z.object({ kind: z.string() }),
  target: z.union([
    z.object({ instanceId: z.string() }).transform(({ instanceId }) => nameOf(SEED_INSTANCES, instanceId)),
    z.object({ clusterId: z.string() }).transform(({ clusterId }) => nameOf(SEED_CLUSTERS, clusterId)),
  ]),
  lastObserved: z.string().optional(),
  evidence: z.object({ step: z.number() }),
  outcome: z.object({ summary: z.string() }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
})
type RunView = z.infer<typeof RunView>

const RunEnded = z.object({ outcome: z.object({ summary: z.string() }) })

const EXPECTED_RUNS = 4
const GIVE_UP_MS = 55_000

/** The machine of `npm start`, on a folder that is deleted at its end. */
export async function startDemoMachine(): Promise<DemoMachine> {
  const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-demo-'))
  // The demo itself shows what happens.
  const machine = await startMachine({
    ...{ root: process.cwd(), dataDir, port: 0, environment: {}, ...DEMO_CLOUDS },
    log: () => {},
  })
  const close = async (): Promise<void> => {
    await machine.close(0)
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { ...machine, close }
}

/**
 * `npm run demo`: an alarm, a ticket and two HTTP requests, each carried out and notified.
 * @param title of the machine, for people
 * @returns whether all went well
 */
export async function demo(machine: DemoMachine, title: string): Promise<boolean> {
  try {
    console.log(`${title} runs at ${machine.url}, against a simulated Huawei Cloud DCS and Tencent Cloud EMR\n`)
    await sendAlarm(machine)
    await sendTicket(machine)
    await sendRequests(machine)
    const runs = await watch(machine)
    return summarise(machine, runs)
  } finally {
    await machine.close()
  }
}

/** Twice, as EventBridge may deliver it. Its time is now: a late alarm starts nothing. */
async function sendAlarm({ url }: DemoMachine): Promise<void> {
  const sample = JSON.parse(readFileSync('events/cloudwatch/redis-unresponsive.json', 'utf8'))
  sample.detail.state.timestamp = new Date().toISOString().replace('Z', '+0000')
  const event = JSON.stringify(sample)
  for (let delivery = 0; delivery < 2; delivery++) await post(`${url}/events`, event, {})
  console.log('sent an alarm (twice)   redis-orders-unresponsive went to ALARM')
}

async function sendTicket({ url, webhooks }: DemoMachine): Promise<void> {
  const as = { id: 'msg_demo_1', atMs: Date.now() }
  const { text: body } = movedToNow(readFileSync('events/generic/flush-requested.json', 'utf8'), as.atMs)
  await post(`${url}/webhooks/generic`, body, signStandardWebhook(webhooks.WEBHOOK_GENERIC_SECRETS ?? '', body, as))
  console.log('sent a signed ticket    OPS-1234 asks for a flush')
}

async function sendRequests({ url }: DemoMachine): Promise<void> {
  const swap = {
    operation: 'dcs.instance.swap',
    target: { instanceId: idOf(SEED_INSTANCES, 'accounts-cache') },
    reason: 'zone a is being patched',
  }
  await post(`${url}/runs`, JSON.stringify(swap), {})
  console.log('sent an HTTP request    swap master and standby of accounts-cache')
  const restart = {
    operation: 'emr.service.restart',
    target: { clusterId: idOf(SEED_CLUSTERS, 'warehouse'), services: [{ name: 'YARN' }] },
    params: { strategy: { rolling: true } },
    reason: 'new configuration',
  }
  await post(`${url}/runs`, JSON.stringify(restart), {})
  console.log('sent an HTTP request    restart YARN of warehouse, node by node\n')
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

async function watch({ url, outcomes }: DemoMachine): Promise<RunView[]> {
  const show = liveLines(process.stdout)
  const until = Date.now() + GIVE_UP_MS
  for (;;) {
    const response = await fetch(`${url}/runs`)
    const { runs } = z.object({ runs: z.array(RunView) }).parse(await response.json())
    runs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    show(runs.map((run) => ({ key: run.id, fields: fieldsOf(run), elapsed: elapsedOf(run) })))
    const ended = runs.length >= EXPECTED_RUNS && runs.every(({ outcome }) => outcome)
    // Notifications follow a moment after the ends.
    if ((ended && outcomes().length >= runs.length) || Date.now() > until) return runs
    await sleep(250)
  }
}

function fieldsOf(run: RunView): string[] {
  const observed = run.outcome ? '' : (run.lastObserved ?? '')
  const who = { alarm: 'alarm', ticket: 'ticket', http: 'http' }[run.source.kind] ?? run.source.kind
  const columns: [string, number][] = [
    [who, 7],
    [run.operation, 21],
    [run.target, 15],
    [run.state, 11],
    [`step ${run.evidence.step}`, 7],
    [observed, 18],
  ]
  return columns.map(([text, width]) => printable(text).padEnd(width))
}

function elapsedOf(run: RunView): string {
  const end = run.outcome ? Date.parse(run.updatedAt) : Date.now()
  return `${((end - Date.parse(run.createdAt)) / 1000).toFixed(1).padStart(5)} s`
}

function summarise({ outcomes, simulatedDcs, simulatedEmr }: DemoMachine, runs: RunView[]): boolean {
  const events = outcomes()
  console.log('\nNotifications:')
  for (const { id, type, data } of events)
    console.log(printable(`  ${type.padEnd(25)} ${id.slice(0, 12)}…  ${RunEnded.parse(data).outcome.summary}`))
  const dcsWrites = simulatedDcs?.requests.filter(({ method }) => method !== 'GET') ?? []
  const emrWrites = simulatedEmr?.requests.filter(({ opType }) => opType) ?? []
  const writes = dcsWrites.length + emrWrites.length
  const succeeded = runs.filter(({ state }) => state === 'succeeded').length
  console.log(
    `\n${succeeded} of ${EXPECTED_RUNS} runs succeeded; the clouds were asked for ${writes} changes; ${events.length} notifications were sent`,
  )
  return [succeeded, writes, events.length, runs.length].every((count) => count === EXPECTED_RUNS)
}

type Seeds = readonly { id: string; name: string }[]

function idOf(seeds: Seeds, name: string): string {
  return seeds.find((seed) => seed.name === name)?.id ?? name
}

function nameOf(seeds: Seeds, id: string): string {
  return seeds.find((seed) => seed.id === id)?.name ?? id
}
