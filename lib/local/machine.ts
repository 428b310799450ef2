import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { apiHandler } from '../api/api.ts'
import { webhookHandler } from '../api/webhook.ts'
import { accountIn, environmentAccounts } from '../cloud/accounts.ts'
import { findProviders } from '../cloud/providers.ts'
import type { CloudEvent } from '../notify/cloud-event.ts'
import { allowCaller } from '../rules/allow.ts'
import { decidingBy } from '../rules/decide.ts'
import { guardsOf } from '../rules/guards.ts'
import type { Log } from '../runs/ports.ts'
import type { SimulatedDcs } from '../simulators/dcs.ts'
import type { SimulatedEmr } from '../simulators/emr.ts'
import { type AlarmReceiver, alarmReceiver } from '../sources/alarm-events.ts'
import { apiTokenFile, apiTokenIn } from './api-token.ts'
import { alarmEvents } from './aws-events.ts'
import { type RealCloud, realClouds } from './cloud-settings.ts'
import { type Clouds, type CloudsOptions, startClouds } from './clouds.ts'
import { refuseOldData } from './data-dir.ts'
import { type Access, accessOf } from './http/access.ts'
import type { Gateway } from './http/gateway.ts'
import { machineIdIn } from './machine-id.ts'
import { type LocalPorts, localPorts } from './ports.ts'
import { publicUrlOf } from './public-url.ts'
import { readersOf } from './readers.ts'
import { type RulesInForce, rulesOfMachine } from './rules-in-force.ts'
import { startServer } from './server.ts'
import { type Database, openDatabase } from './sqlite/database.ts'
import { sqliteOutcomes } from './sqlite/outcomes.ts'
import { type LocalQueueName, sqliteQueue } from './sqlite/queue.ts'
import { sqliteUnauthentic } from './sqlite/unauthentic.ts'
import { startSweeper, takeOver } from './sweeper.ts'
import { type Time, timeAt } from './time.ts'
import { verifyingSettings, type WebhookSettings, webhookSettingsIn } from './webhook-secrets.ts'
import { startWorkers, type Workers } from './workers.ts'

/** The whole product, running in one process. */
export interface Machine {
  url: string
  /** Present where no Huawei Cloud credentials are set. */
  simulatedDcs?: SimulatedDcs
  /** Present where no Tencent Cloud credentials are set. */
  simulatedEmr?: SimulatedEmr
  /** The file of the token, where this machine made one. */
  apiTokenFile?: string
  rules: RulesInForce
  realClouds: RealCloud[]
  /** Settings that sign and verify webhooks. */
  webhooks: WebhookSettings
  /** The notifications, oldest first. */
  outcomes(): CloudEvent[]
  /** Begins nothing new. Resolves when begun work is done, or after `graceMs`. */
  close(graceMs?: number): Promise<void>
}

export interface MachineOptions extends Pick<CloudsOptions, 'dcs' | 'emr'> {
  /** The project's folder. */
  root: string
  dataDir: string
  /** 0 takes a free one. */
  port: number
  /** The address to listen at, 127.0.0.1 unless given. */
  host?: string
  /**
   * Every caller but a webhook must send it. Without it, a machine with a real cloud makes one in `dataDir`; one with simulated
   * clouds needs none, and only this machine may call it.
   */
  apiToken?: string | undefined
  environment: Record<string, string | undefined>
  log: Log
  /** Real time, unless given. */
  time?: Time
  onNotified?: (event: CloudEvent) => void
}

/** For work that is open when the machine stops. */
const GRACE_MS = 20_000

/**
 * Starts everything on this machine: one database file, and simulated clouds unless credentials of real accounts are set.
 * @throws {Error} before anything is started or written: for wrong settings (each named), wrong rules (by line), an address
 *   that other machines could use without a token, a folder in use by another process, or data of an older release
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { root, dataDir, environment, host = '127.0.0.1', apiToken } = options
  const real = realClouds(environment)
  const isReal = real.length > 0
  const rules = rulesOfMachine(root, { environment, isReal })
  const publicUrl = publicUrlOf(environment)
  const isMade = !apiToken && isReal
  if (!isMade) await accessOf(host, apiToken)
  refuseOldData(dataDir)
  const database = openDatabase(dataDir)
  const parts = closable(() => database.close())
  try {
    const access = await accessOf(host, isMade ? apiTokenIn(dataDir) : apiToken)
    const webhooks = webhookSettingsIn(dataDir, environment)
    const running = await start({ ...options, access, publicUrl, rules, webhooks, database }, parts)
    const token = isMade ? { apiTokenFile: apiTokenFile(dataDir) } : {}
    return { ...running, ...token, rules, webhooks, realClouds: real, close: parts.close }
  } catch (error) {
    await parts.close(0)
    throw error
  }
}

/** Started parts, closed in reverse order. */
interface Parts {
  add(close: (graceMs: number) => unknown): void
  close(graceMs?: number): Promise<void>
}

function closable(...closers: ((graceMs: number) => unknown)[]): Parts {
  return {
    add: (close) => closers.push(close),
    close: async (graceMs = GRACE_MS) => {
      for (let close = closers.pop(); close; close = closers.pop()) await close(graceMs)
    },
  }
}

interface CheckedOptions extends MachineOptions {
  access: Access
  publicUrl: string | undefined
  rules: RulesInForce
  webhooks: WebhookSettings
  database: Database
}

async function start(
  options: CheckedOptions,
  parts: Parts,
): Promise<Pick<Machine, 'url' | 'outcomes'> & Partial<Machine>> {
  const { dataDir, database, log, publicUrl, time = timeAt(1), onNotified = () => {} } = options
  const clouds = await startClouds({ ...options, dataDir: join(dataDir, 'clouds'), now: time.clock })
  parts.add(clouds.close)
  const provider = findProviders(environmentAccounts(accountIn(clouds.env)), clouds.env)
  const queue = sqliteQueue(database, time.clock, log)
  let workers: Workers | undefined
  // Its own address is known once it listens.
  let apiUrl = publicUrl
  const origin = { source: machineIdIn(dataDir), apiUrl: () => apiUrl }
  const wake = (name: LocalQueueName): void => workers?.wake(name)
  const guards = guardsOf(options.rules.rules)
  const ports = { ...localPorts({ database, queue, provider, time, log, onNotified, wake, origin }), guards }
  parts.add(ports.close)

  await takeOver(ports, queue)
  const stop = new AbortController()
  const { server, alarms } = await serve(options, { clouds, ports, time, stop: stop.signal })
  apiUrl ??= server.url
  const started = startWorkers(readersOf(ports, alarms), { queue, time, log })
  workers = started
  const stopSweeper = startSweeper(ports, database, time)
  parts.add(async (graceMs) => {
    stop.abort()
    const grace = setTimeout(graceMs, undefined, { ref: false })
    await Promise.all([server.close(graceMs), Promise.race([grace, Promise.all([started.stop(), stopSweeper()])])])
  })
  const { dcs, emr } = clouds
  const outcomes = sqliteOutcomes(database).all
  return { url: server.url, outcomes, ...(dcs && { simulatedDcs: dcs }), ...(emr && { simulatedEmr: emr }) }
}

interface Serving {
  clouds: Clouds
  ports: LocalPorts
  time: Time
  /** Requests that wait for a run are answered when it aborts. */
  stop: AbortSignal
}

/** Starts the HTTP server: the API, the webhooks and `POST /events`. */
async function serve(
  { access, publicUrl, port, log, database, rules: { rules }, webhooks }: CheckedOptions,
  { clouds, ports, time, stop }: Serving,
): Promise<{ server: Gateway; alarms: AlarmReceiver }> {
  const regions = { huawei: clouds.env.HUAWEICLOUD_REGION, tencent: clouds.env.TENCENTCLOUD_REGION }
  const receiving = decidingBy({ ports, rules, regions })
  const alarms = alarmReceiver(receiving)
  const unauthentic = sqliteUnauthentic(database)
  const settings = verifyingSettings(webhooks)
  const server = await startServer({
    ...{ access, publicUrl, port, clock: time.clock, log },
    api: apiHandler({
      ...{ ...ports, regions, freshKey: randomUUID },
      deployment: { home: 'one machine', access: access.token === undefined ? 'none' : 'bearer', publicUrl },
      allow: (request, who) => allowCaller(request, who, { rules, regions }),
      sleep: (ms) => time.sleep(ms, stop),
      isStopping: () => stop.aborted,
      listUnauthentic: unauthentic.list,
    }),
    webhooks: webhookHandler({ ...receiving, settings: async () => settings, unauthentic, publicUrl }),
    events: alarmEvents(alarms, { ...ports, publicUrl }),
  })
  return { server, alarms }
}
