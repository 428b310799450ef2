import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SimulatedAnswer } from './answer.ts'
import { deliver } from './deliver.ts'
import { listen } from './listen.ts'
import { readArrivedBody } from './read-body.ts'
import type { ArrivedRequest } from './request.ts'
import { type RequestLog, requestSummary } from './request-log.ts'
import { saveState } from './state-file.ts'

/** Everything that the parts of a simulator share. */
export interface SimulatorContext {
  state: RequestLog
  quirks: object
  credentials: object
  /** Durations by kind of work. */
  workMs: object
  /** Epoch ms. */
  now: () => number
  /** Makes an id in the form of request ids. */
  newId: () => string
}

/** The ways in which one cloud differs from another. */
export interface SimulatedCloud<C extends SimulatorContext> {
  maxBodyBytes: number
  /** The headers of every answer, beside the date. */
  headersOf: (request: ArrivedRequest, requestId: string) => Record<string, string>
  /** Answers a request, and changes the state. */
  answer: (context: C, request: ArrivedRequest, requestId: string) => SimulatedAnswer
  tooLarge: (context: C, requestId: string) => SimulatedAnswer
  logLine: (request: ArrivedRequest, answer: SimulatedAnswer, at: number) => LineOf<C>
  recordRequest: (state: C['state'], line: LineOf<C>) => void
  /** Writes are on disk before they are answered, and listed at `/simulated/requests`. */
  isWrite: (line: LineOf<C>) => boolean
  /** The name of the counts at `/simulated/requests`. */
  countsName: string
  /** Applies the effects of all work up to now. */
  settleWork: (state: C['state'], nowMs: number) => void
}

type LineOf<C extends SimulatorContext> = C['state']['requests'][number]

export interface SimulatorOptions<C extends SimulatorContext> {
  /** Loaded at the start if it exists, and written before a write is answered: a SIGKILL loses nothing. */
  stateFile?: string
  workMs?: Partial<C['workMs']>
  quirks?: Partial<C['quirks']>
  /** Epoch ms; also the `Date` of every answer. */
  now?: () => number
  credentials?: C['credentials']
}

export interface Simulator<C extends SimulatorContext> {
  /** `http://127.0.0.1:<port>`. */
  url: string
  credentials: C['credentials']
  /** The latest 5,000 requests in order of arrival, each with its answer's status. */
  requests: C['state']['requests']
  /** May be changed while it runs. */
  quirks: C['quirks']
  /** The live state, with the effects of all work up to the moment it is read. */
  readonly state: C['state']
  close(): Promise<void>
}

/** Starts a simulator on 127.0.0.1. Work goes by the clock alone, without timers, so that it survives a kill. */
export async function startSimulator<C extends SimulatorContext>(
  cloud: SimulatedCloud<C>,
  context: C,
  { stateFile }: Pick<SimulatorOptions<C>, 'stateFile'>,
): Promise<Simulator<C>> {
  const save = () => saveState(stateFile, context.state)
  const serve = answering({ cloud, context, save })
  const server = await listen((incoming, response) => void serve(incoming, response))
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

interface Parts<C extends SimulatorContext> {
  cloud: SimulatedCloud<C>
  context: C
  save: () => void
}

function answering<C extends SimulatorContext>({ cloud, context, save }: Parts<C>) {
  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readArrivedBody(incoming, cloud.maxBodyBytes)
    if (body === 'aborted') return
    const { method = '', url: target = '', headers } = incoming
    const request = { method, target, headers, body: body === 'too large' ? Buffer.alloc(0) : body }
    const requestId = context.newId()
    // Node would send the machine's own date, but clients learn from this header how far their clock is off ours.
    const common = { Date: new Date(context.now()).toUTCString(), ...cloud.headersOf(request, requestId) }
    if (method === 'GET' && target === '/simulated/requests') {
      return deliver(response, requestSummary(context.state, cloud.countsName, cloud.isWrite), common)
    }
    const isTooLarge = body === 'too large'
    const answer = isTooLarge ? cloud.tooLarge(context, requestId) : cloud.answer(context, request, requestId)
    const line = cloud.logLine(request, answer, context.now())
    cloud.recordRequest(context.state, line)
    if (cloud.isWrite(line)) save()
    deliver(response, answer, common)
  }
}
