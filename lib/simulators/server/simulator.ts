import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SimulatedAnswer } from './answer.ts'
import { deliver } from './deliver.ts'
import { listen } from './listen.ts'
import { readArrivedBody } from './read-body.ts'
import type { ArrivedRequest } from './request.ts'
import { type RequestLog, requestSummary } from './request-log.ts'
import { saveState } from './state-file.ts'

/** What everything in a simulator works on. */
export interface SimulatorContext {
  state: RequestLog
  quirks: object
  credentials: object
  /** How long each kind of work takes. */
  workMs: object
  /** Epoch ms. */
  now: () => number
  /** A new id, in the form that requests have. */
  newId: () => string
}

/** What one cloud does in its own way. */
export interface SimulatedCloud<W extends SimulatorContext> {
  maxBodyBytes: number
  /** On every answer, besides the date. */
  headersOf: (request: ArrivedRequest, requestId: string) => Record<string, string>
  /** Changes the state. */
  answer: (context: W, request: ArrivedRequest, requestId: string) => SimulatedAnswer
  tooLarge: (context: W, requestId: string) => SimulatedAnswer
  logLine: (request: ArrivedRequest, answer: SimulatedAnswer, at: number) => LineOf<W>
  recordRequest: (state: W['state'], line: LineOf<W>) => void
  /** Writes are on the disk before they are answered, and shown to the observer. */
  isWrite: (line: LineOf<W>) => boolean
  /** What the observer finds the counts under. */
  countsName: string
  /** Brings about the effects of all work up to now. */
  settleWork: (state: W['state'], nowMs: number) => void
}

type LineOf<W extends SimulatorContext> = W['state']['requests'][number]

export interface SimulatorOptions<W extends SimulatorContext> {
  /** Loaded at the start if it is there, and written before every write is answered, so that a SIGKILL loses nothing. */
  stateFile?: string
  workMs?: Partial<W['workMs']>
  quirks?: Partial<W['quirks']>
  /** Epoch ms; goes out as the `Date` of every answer, too. */
  now?: () => number
  credentials?: W['credentials']
}

export interface Simulator<W extends SimulatorContext> {
  /** `http://127.0.0.1:<port>`. */
  url: string
  credentials: W['credentials']
  /** The requests that arrived, in order, with the verdict on each; the latest 5,000. */
  requests: W['state']['requests']
  /** May be changed while it runs. */
  quirks: W['quirks']
  /** The live state, settled up to the moment it is read. */
  readonly state: W['state']
  close(): Promise<void>
}

/** Starts a simulator on 127.0.0.1. All work goes by the clock alone: it has no timers, and outlives a kill. */
export async function startSimulator<W extends SimulatorContext>(
  cloud: SimulatedCloud<W>,
  context: W,
  { stateFile }: Pick<SimulatorOptions<W>, 'stateFile'>,
): Promise<Simulator<W>> {
  const save = () => saveState(stateFile, context.state)
  const server = await listen((incoming, response) => void serve(cloud, context, save, incoming, response))
  return {
    url: server.url,
    credentials: context.credentials,
    requests: context.state.requests,
    quirks: context.quirks,
    get state() {
      cloud.settleWork(context.state, context.now())
      return context.state
    },
    close: async () => {
      await server.close()
      save()
    },
  }
}

async function serve<W extends SimulatorContext>(
  cloud: SimulatedCloud<W>,
  context: W,
  save: () => void,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readArrivedBody(incoming, cloud.maxBodyBytes)
  if (body === 'aborted') return
  const { method = '', url: target = '', headers } = incoming
  const request = { method, target, headers, body: body === 'too large' ? Buffer.alloc(0) : body }
  const requestId = context.newId()
  // Node would take the date from the machine's clock, but clients learn from it how far theirs is off ours.
  const common = { Date: new Date(context.now()).toUTCString(), ...cloud.headersOf(request, requestId) }
  if (method === 'GET' && target === '/simulated/requests') {
    return deliver(response, requestSummary(context.state, cloud.countsName, cloud.isWrite), common)
  }
  const answer = body === 'too large' ? cloud.tooLarge(context, requestId) : cloud.answer(context, request, requestId)
  const line = cloud.logLine(request, answer, context.now())
  cloud.recordRequest(context.state, line)
  if (cloud.isWrite(line)) save()
  deliver(response, answer, common)
}
