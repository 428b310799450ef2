import * as z from 'zod'
import { jsonAnswer, type SimulatedAnswer } from './answer.ts'

/** The log's line for a request. Each cloud adds the operation. */
export const LogLine = z.object({
  at: z.number(),
  method: z.string(),
  instances: z.array(z.string()).optional(),
  /** 0 where the request was never answered. */
  status: z.number(),
  code: z.string().optional(),
})
export type LogLine = z.infer<typeof LogLine>

/** The part of the state that grows with every request. */
export interface RequestLog<Line = LogLine> {
  requests: Line[]
  /** Since the first start, also of requests that the log has dropped. */
  counts: Record<string, number>
  works: { settled: boolean }[]
}

/** For a simulator that runs for weeks: each write rewrites the file, which must stay at a few MB. */
const MAX_REQUESTS = 5_000
export const MAX_RECORDS = 1_000

/** Adds to the log in place, and drops the oldest requests and finished work beyond the bounds. */
export function logRequest<Line>(log: RequestLog<Line>, line: Line, countedAs: string): void {
  log.requests.push(line)
  log.counts[countedAs] = (log.counts[countedAs] ?? 0) + 1
  log.requests.splice(0, log.requests.length - MAX_REQUESTS)
  const firstUnsettled = log.works.findIndex((work) => !work.settled)
  const finished = firstUnsettled === -1 ? log.works.length : firstUnsettled
  log.works.splice(0, Math.min(finished, log.works.length - MAX_RECORDS))
}

/** The fields of a line that say how the request was answered. */
export function answerFields({ delivery, status, code }: SimulatedAnswer): Pick<LogLine, 'status' | 'code'> {
  const isAnswered = delivery === 'whole' || delivery === 'truncated'
  return { status: isAnswered ? status : 0, ...(code === undefined ? {} : { code }) }
}

/** For a shell without keys: the number of requests, and the writes that are still in the log. */
export function requestSummary<Line>(
  log: RequestLog<Line>,
  countsName: string,
  isWrite: (line: Line) => boolean,
): SimulatedAnswer {
  const total = Object.values(log.counts).reduce((sum, count) => sum + count, 0)
  return jsonAnswer({ total, [countsName]: log.counts, writes: log.requests.filter(isWrite) })
}
