import { instantAfter, secondsAfter } from './seconds-after.ts'

/**
 * An entry of the timeline as a text: the seconds after `createdAt`, the new state or `-`, `/job` where the run's job became known,
 * and the new observation. E.g. `0.132 tracking/job`, `3.184 - RUNNING`, `636.4 verifying SUCCESS`.
 */

interface Of {
  createdMs: number
  /** Id of the run's job. */
  jobId: unknown
}

/** @returns the entry unchanged if it has anything else */
export function textOf(entry: unknown, { createdMs, jobId }: Of): unknown {
  const { at, state = '-', observed, jobId: ownJob, ...others } = Object(entry) as Record<string, unknown>
  const isKnown = ownJob === undefined || ownJob === jobId
  if (!isKnown || Object.keys(others).length > 0) return entry
  const job = ownJob === undefined ? '' : '/job'
  return `${secondsAfter(createdMs, at)} ${state}${job}${observed === undefined ? '' : ` ${observed}`}`
}

const TEXT = /^(\S+) (\S+?)(\/job)?(?: (.*))?$/s

export function entryOf(text: unknown, { createdMs, jobId }: Of): unknown {
  const [, seconds, state, job, observed] = TEXT.exec(typeof text === 'string' ? text : '') ?? []
  if (seconds === undefined) return text
  return {
    at: instantAfter(createdMs, Number(seconds)),
    ...(state === '-' ? {} : { state }),
    ...(observed === undefined ? {} : { observed }),
    ...(job === undefined ? {} : { jobId }),
  }
}
