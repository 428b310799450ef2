import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { signStandardWebhook } from '../../lib/sources/verify/standard-webhooks.ts'
import { type Deployed, startDeployed } from '../deployed/deployed.ts'
import { printTable } from '../world/reports/table.ts'
import { quantile } from '../world/story/quantile.ts'

/** Of which the first are left out: a sandbox is warm then. */
const TIMES = 40
const WARMING_UP = 15

/** A swap that is looked at a few times, on a clock that is fast. */
const WORK_MS = 20_000
const SPEED = 10

/** Measures how long each function computes for one invocation, packaged as for AWS, and prints it. */
export async function calibrate(): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'package'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const taken = new Map<string, number[]>()
  const onLog = ({ from, text }: { from: string; text: string }): void => {
    const microseconds = /^cpu (\d+)$/.exec(text)?.[1]
    const name = from.replace(/^steadyhand-dev-/, '')
    if (microseconds !== undefined) taken.set(name, [...(taken.get(name) ?? []), Number(microseconds) / 1000])
  }
  const dcs = { workMs: { swap: WORK_MS } }
  const root = process.cwd()
  const deployed = await startDeployed({ root, dcs, speed: SPEED, onLog, functionEnv: { REPORT_CPU: '1' } })
  try {
    for (let time = 0; time < TIMES; time++) await carryOut(deployed, time)
  } finally {
    await deployed.close()
  }
  console.log('median time of the processor for a warm invocation\n')
  const rows = [...taken].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, times]) => rowOf(name, times))
  printTable(['', 'invocations', 'ms'], rows)
}

/** One swap up to its end, and two deliveries that no rule wants. */
async function carryOut(deployed: Deployed, time: number): Promise<void> {
  const { url, webhooks, clock, outcomes } = deployed
  const instanceId = SEED_INSTANCES.find(({ name }) => name === 'accounts-cache')?.id
  await post(
    `${url}/runs`,
    JSON.stringify({ operation: 'dcs.instance.swap', target: { instanceId }, reason: 'zone a is patched' }),
  )
  const body = JSON.stringify({ type: 'invoice.paid', data: { number: `INV-${time}` } })
  const signed = signStandardWebhook(webhooks.WEBHOOK_GENERIC_SECRETS ?? '', body, { id: `msg_${time}`, atMs: clock() })
  await post(`${url}/webhooks/generic`, body, signed)
  const alarm = JSON.parse(readFileSync('events/cloudwatch/redis-unresponsive.json', 'utf8'))
  alarm.detail.alarmName = `nobody-wants-${time}`
  alarm.detail.state.timestamp = new Date(clock()).toISOString().replace('Z', '+0000')
  await post(`${url}/events`, JSON.stringify(alarm))
  while (outcomes().length <= time) await sleep(50)
}

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<void> {
  const options = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
  const response = await fetch(url, options)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

function rowOf(name: string, times: readonly number[]): string[] {
  const warm = times.slice(WARMING_UP)
  return [name, String(warm.length), (quantile(warm, 0.5) ?? Number.NaN).toFixed(2)]
}
