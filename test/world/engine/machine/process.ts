import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { apiHandler } from '../../../../lib/api/api.ts'
import type { HttpEvent, HttpResult } from '../../../../lib/api/http/http.ts'
import { webhookHandler } from '../../../../lib/api/webhook.ts'
import type { FindProvider } from '../../../../lib/cloud/provider.ts'
import type { ResultView } from '../../../../lib/deliveries/delivery.ts'
import { alarmEvents } from '../../../../lib/local/aws-events.ts'
import { localPorts } from '../../../../lib/local/ports.ts'
import { readersOf } from '../../../../lib/local/readers.ts'
import type { Database } from '../../../../lib/local/sqlite/database.ts'
import { type LocalQueue, type LocalQueueName, sqliteQueue } from '../../../../lib/local/sqlite/queue.ts'
import { sqliteUnauthentic } from '../../../../lib/local/sqlite/unauthentic.ts'
import { startSweeper, takeOver } from '../../../../lib/local/sweeper.ts'
import { startWorkers, type Workers } from '../../../../lib/local/workers.ts'
import type { CloudEvent } from '../../../../lib/notify/cloud-event.ts'
import { allowCaller } from '../../../../lib/rules/allow.ts'
import { decidingBy } from '../../../../lib/rules/decide.ts'
import { guardsOf } from '../../../../lib/rules/guards.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import type { Sender } from '../../../../lib/runs/dead-letter.ts'
import type { Log, RecordPorts } from '../../../../lib/runs/ports.ts'
import { alarmReceiver } from '../../../../lib/sources/alarm-events.ts'
import { scope, type Worker, world } from '../current.ts'
import type { Handler } from '../lambda.ts'
import { note } from '../request.ts'
import type { Template } from '../template.ts'
import type { Topic } from '../topic.ts'
import { type Life, scopeOf } from './life.ts'
import { seenReader } from './reader.ts'
import { sweeping } from './sweeping.ts'

/** A process that listens. */
export interface Process {
  /** By the names of the functions on AWS. */
  handlers: ReadonlyMap<string, Handler>
  /** Puts something into a queue that nobody of this process has sent. */
  put(queue: LocalQueueName, body: string): Promise<void>
}

interface Parts {
  life: Life
  database: Database
  functions: Template['functions']
  /** How its ports are seen. */
  ports: (ports: Pick<RecordPorts, 'store' | 'queue' | 'publisher'>) => Partial<RecordPorts>
  queue: (queue: LocalQueue) => LocalQueue
  /** It has taken over what the one before had in hand. */
  onTakenOver: (by: Worker) => void
}

/** Nothing is asked of it: every account is there, in every region, and calls go to the world's clouds. */
const provider: FindProvider = () => ({}) as ReturnType<FindProvider>

/** The real parts of one machine, put together as `startMachine` does it: all but the sockets. */
export async function startProcess({ life, database, functions, onTakenOver, ...seen }: Parts): Promise<Process> {
  const { time } = life
  const settings = functions.get('receive-webhook')?.environment ?? {}
  const rules = rulesIn(process.env.RULES_FILE ?? '')
  const regions = { huawei: settings.HUAWEICLOUD_REGION, tencent: settings.TENCENTCLOUD_REGION }
  let workers: Workers | undefined
  const real = sqliteQueue(database, time.clock, log)
  const queue = seen.queue(real)
  const bare = localPorts({
    ...{ database, queue: real, provider, time, log },
    wake: (name) => workers?.wake(name),
    origin: { source: 'urn:steadyhand:world', apiUrl: () => undefined },
    onNotified: (event) => {
      if (!life.isOver) tell(event)
    },
  })
  const ports = { ...bare, ...seen.ports(bare), guards: guardsOf(rules) }
  const receiving = decidingBy({ ports, rules, regions })
  const alarms = alarmReceiver(receiving)
  const unauthentic = sqliteUnauthentic(database)
  const starting = scopeOf(life, 'sweep-runs')
  await scope.run(starting, () => takeOver(ports, queue))
  onTakenOver(starting.worker)
  const api = apiHandler({
    ...{ ...ports, regions, freshKey: randomUUID, sleep: (ms) => time.sleep(ms) },
    deployment: { home: 'one machine', access: 'none' },
    allow: (request, who) => allowCaller(request, who, { rules, regions }),
    listUnauthentic: unauthentic.list,
  })
  const webhooks = webhookHandler({ ...receiving, settings: async () => process.env, unauthentic })
  const events = alarmEvents(alarms, { ...ports, publicUrl: undefined })
  const readers = readersOf(ports, alarms).map((reader) => seenReader(reader, life))
  const started = scope.run(scopeOf(life, 'workers'), () => startWorkers(readers, { queue, time, log }))
  workers = started
  const nobody = scopeOf(life, 'nobody')
  sweeping(life, (own) => startSweeper(ports, database, own))
  return {
    put: async (to, body) => {
      await scope.run(nobody, () => real.sendBack(to as Sender, body)) // nothing is put among dead letters
      started.wake(to)
    },
    handlers: new Map<string, Handler>([
      ['api', (event, context) => api(event as APIGatewayProxyEventV2, context as Context)],
      ['receive-webhook', (event, context) => webhooks(event as APIGatewayProxyEventV2, context as Context)],
      [
        'receive-alarm',
        async (event) => alarmAnswer(await events({ body: JSON.stringify(event), headers: {} } as HttpEvent)),
      ],
    ]),
  }
}

const known = new Map<string, ReturnType<typeof parseRules>>()

function rulesIn(file: string): ReturnType<typeof parseRules> {
  const rules = known.get(file) ?? parseRules(readFileSync(file, 'utf8'), file)
  known.set(file, rules)
  return rules
}

/** What is only queued has no answer yet: whoever tells of it does so again. */
function alarmAnswer({ statusCode, body = '' }: HttpResult): unknown {
  if (statusCode !== 202) throw new Error(`the alarm is not decided: ${body}`)
  const { results: shown, queued } = JSON.parse(body) as { results: ResultView[]; queued?: number } // of alarmEvents
  const results = shown.map(({ runIds, ...result }) => ({ ...result, ...(runIds ? { runs: runIds } : {}) }))
  if (queued) throw new Error('it is queued')
  return { results }
}

const log: Log = (level, message, fields) => {
  if (message === 'message failed') {
    const { queue, messageId, receives } = fields
    world().witness.failed(`${queue}/${messageId}/${receives}`)
  }
  if (world().log) note(`logs ${level}: ${message} ${JSON.stringify(fields)}`)
}

/** People read the log. */
function tell(event: CloudEvent): void {
  world().topic.hear(event as Parameters<Topic['hear']>[0]) // as those who judge read it
}
