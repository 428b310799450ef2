import * as z from 'zod'
import { jsonAnswer, type SimulatedAnswer } from './answer.ts'

/** What the log says of every request; each cloud adds what it was asked to do. */
export const LogLine = z.object({
  at: z.number(),
  method: z.string(),
  instances: z.array(z.string()).optional(),
  /** 0: the request was never answered. */
  status: z.number(),
  code: z.string().optional(),
})
export type LogLine = z.infer<typeof LogLine>

/** The part of a state that grows with every request. */
export interface RequestLog<Line = LogLine> {
  requests: Line[]
  /** Since the first start: goes on counting where the log has been cut. */
  counts: Record<string, number>
  works: { settled: boolean }[]
}

/** Bounds for a simulator that runs for weeks: the file is rewritten at each write, so it has to stay at a few MB. */
const MAX_REQUESTS = 5_000
export const MAX_RECORDS = 1_000

/** Adds to the log, in place, and forgets the oldest requests and finished work beyond the bounds. */
export function logRequest<Line>(log: RequestLog<Line>, line: Line, countedAs: string): void {
  log.requests.push(line)
  log.counts[countedAs] = (log.counts[countedAs] ?? 0) + 1
  log.requests.splice(0, log.requests.length - MAX_REQUESTS)
  const firstUnsettled = log.works.findIndex((work) => !work.settled)
  const finished = firstUnsettled === -1 ? log.works.length : firstUnsettled
  log.works.splice(0, Math.min(finished, log.works.length - MAX_RECORDS))
}

/** The end of a line: how the request was answered. */
export function answerFields({ delivery, status, code }: SimulatedAnswer): Pick<LogLine, 'status' | 'code'> {
  const isAnswered = delivery === 'whole' || delivery === 'truncated'
  return { status: isAnswered ? status : 0, ...(code === undefined ? {} : { code }) }
}

/** For a shell or a reader without keys: how many requests came in, and every write of those still in the log. */
export function requestSummary<Line>(
  log: RequestLog<Line>,
  countsName: string,
  isWrite: (line: Line) => boolean,
): SimulatedAnswer {
  const total = Object.values(log.counts).reduce((sum, count) => sum + count, 0)
  return jsonAnswer({ total, [countsName]: log.counts, writes: log.requests.filter(isWrite) })
}
