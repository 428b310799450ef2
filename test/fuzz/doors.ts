import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { webhookRequestOf as deliveryOfEvent, type HttpEvent } from '../../lib/api/http/http.ts'
import { documentOf, problemResult } from '../../lib/api/problems/answering.ts'
import { problemOf } from '../../lib/api/problems/problem.ts'
import { jsonOf } from '../../lib/basics/json-of.ts'
import { movedToNow } from '../../lib/local/send/shift-times.ts'
import type { Deciding } from '../../lib/rules/decide.ts'
import { decidingBy } from '../../lib/rules/decide.ts'
import type { Result } from '../../lib/runs/delivery.ts'
import { readAlarmEvent } from '../../lib/sources/alarms/cloudwatch.ts'
import { receiveEvent, receiveWebhook } from '../../lib/sources/receive.ts'
import type { DeliveryItem, FetchText, WebhookRequest, WebhookSource } from '../../lib/sources/source.ts'
import { SOURCES } from '../../lib/sources/sources.ts'
import { ACCESS } from '../sources/tickets/jira/site.ts'
import { delivered, SCHEMES, type Scheme } from '../sources/verify/schemes.ts'

/** What a door answers. */
export interface Answer {
  status: number
  body: string
  results: Result[]
  /** Of an error that nobody foresaw. */
  error?: unknown
}

/** A way in: a scheme of a source of webhooks, or what AWS hands over. */
export interface Door {
  /** `jira by X-Hub-Signature` */
  name: string
  source: string
  /** Of its folder, the newest time being the clock's. */
  samples: string[]
  /** Without one, whoever calls is proven by AWS. */
  scheme?: Scheme
  /** Whether it can be asked who approved a ticket. */
  canBeAsked: boolean
  /** What it tells of, rules apart. @throws */
  read(text: string): DeliveryItem[] | Promise<DeliveryItem[]>
  receive(deciding: Deciding, delivery: WebhookRequest, fetchText: FetchText): Promise<Answer>
}

const EVENTS = join(import.meta.dirname, '../../events')

const unasked: FetchText = async () => ({ status: 404, text: '' })

/** @param sources instead of those that there are: to see what would be found in others */
export function doorsAt(nowMs: number, sources: ReadonlyMap<string, WebhookSource> = SOURCES): Door[] {
  const schemes = SCHEMES.filter((scheme) => sources.has(scheme.source))
  return [cloudwatch(nowMs), ...schemes.map((scheme) => webhook(scheme, sources, nowMs))]
}

function webhook(scheme: Scheme, sources: ReadonlyMap<string, WebhookSource>, nowMs: number): Door {
  const source = sources.get(scheme.source)
  if (!source) throw new Error(`there is no source ${scheme.source}`)
  const variables = { ...ACCESS, ...scheme.configured([scheme.secrets[0]]) }
  const settings = source.settings.parse(variables)
  return {
    name: `${source.name} by ${scheme.by}`,
    source: source.name,
    samples: samplesOf(source.name, nowMs, source.zone?.(settings)),
    scheme,
    canBeAsked: source.approvalDenial !== undefined,
    read: async (text) => {
      const delivery = delivered(scheme, text, { atMs: nowMs })
      const deliveryId = await source.verify(delivery, settings, unasked)
      return source.read(JSON.parse(delivery.body.toString()), { ...delivery, deliveryId, settings }, unasked)
    },
    receive: async (deciding, { headers, query, body, atMs }, fetchText) => {
      const receiving = { ...decidingBy(deciding), fetchText, settings: async () => variables }
      try {
        const event = { ...httpEvent({ headers, query }), body: body.toString('base64'), isBase64Encoded: true }
        const { results, reply } = await receiveWebhook(receiving, source, deliveryOfEvent(event, atMs))
        return { status: results.some(({ runs }) => runs) ? 202 : 200, body: reply.body, results }
      } catch (error) {
        return { ...problemAnswer(error), results: [], error }
      }
    },
  }
}

/** The problem document of an error, as a webhook is answered. */
function problemAnswer(error: unknown): Pick<Answer, 'status' | 'body'> {
  const where = { base: 'https://steadyhand.test', requestId: undefined }
  const { statusCode = 500, body = '' } = problemResult(documentOf(problemOf(error, 'webhook-id'), where))
  return { status: statusCode, body }
}

/** As the gateway gives it: without a query there is none. */
function httpEvent({ headers, query }: Pick<WebhookRequest, 'headers' | 'query'>): HttpEvent {
  const given = Object.keys(query).length > 0 ? { queryStringParameters: { ...query } } : {}
  return { headers: { ...headers }, ...given, requestContext: { http: { method: 'POST' } } } as HttpEvent // what is read of one
}

function cloudwatch(nowMs: number): Door {
  const source = 'cloudwatch'
  return {
    name: 'cloudwatch by AWS',
    source,
    samples: samplesOf(source, nowMs),
    canBeAsked: false,
    read: (text) => readAlarmEvent(JSON.parse(text)),
    receive: async (deciding, { body }) => {
      const event = jsonOf(body.toString())
      try {
        return {
          status: 200,
          body: '',
          results: await receiveEvent(decidingBy(deciding), { source, event, items: readAlarmEvent(event) }),
        }
      } catch (error) {
        return { status: 500, body: '', results: [], error }
      }
    },
  }
}

function samplesOf(source: string, nowMs: number, zone?: string): string[] {
  return globSync(join(EVENTS, '*/*.json'))
    .filter((file) => basename(dirname(file)) === source)
    .sort()
    .map((file) => movedToNow(readFileSync(file, 'utf8'), nowMs, zone).text)
}
