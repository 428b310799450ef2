import * as parameters from '../parameters.ts'
import { type ApiRoute, BODY_ANSWERS, badQuery, problemAnswer } from '../route.ts'
import { BATCH_EXAMPLES, RUN_EXAMPLES } from './examples.ts'

const noRun = problemAnswer('There is no such run; runs are kept for 90 days')

const ID_OF_BODY = { id: '$response.body#/id' }

const RUN_LINKS = {
  'the run': { operationId: 'getRun', parameters: ID_OF_BODY },
  'cancel it': { operationId: 'cancelRun', parameters: ID_OF_BODY },
} as const

const REFUSED = problemAnswer(
  'Refused: another run, named by `holder`, has the target, or a limit is used up. A new request needs a new key',
)
const REUSED = problemAnswer('The idempotency key belongs to another request; nothing was stored')
const INVALID = problemAnswer('The request is not valid; nothing was stored')

const CREATE_RUN: ApiRoute = {
  method: 'POST',
  path: '/runs',
  operationId: 'createRun',
  tag: 'runs',
  summary: 'Requests a run',
  description:
    'An accepted run is not yet done: follow it. Without an idempotency key, every request is a new one. With a key, the ' +
    'same request may be sent again and again.',
  access: 'signed',
  in: { header: parameters.CreateRunHeaders },
  body: 'RunRequest',
  examples: RUN_EXAMPLES,
  answers: {
    200: {
      description: 'With `Prefer: wait`: the run has ended by now',
      body: 'Run',
      headers: ['Content-Location', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
    },
    202: {
      description: 'Accepted now, or earlier with the same key',
      body: 'Run',
      headers: ['Location', 'Retry-After', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
      links: RUN_LINKS,
    },
    400: INVALID,
    409: REFUSED,
    422: REUSED,
    ...BODY_ANSWERS,
  },
}

const LIST_RUNS: ApiRoute = {
  method: 'GET',
  path: '/runs',
  operationId: 'listRuns',
  tag: 'runs',
  summary: 'Lists runs, newest first',
  description: 'A page may be short, or empty: follow `cursor` with the same filter until it is absent.',
  access: 'signed',
  in: { query: parameters.RunsQuery },
  answers: {
    200: { description: 'A page of runs', body: 'RunList' },
    400: badQuery,
  },
}

const GET_RUN: ApiRoute = {
  method: 'GET',
  path: '/runs/{id}',
  operationId: 'getRun',
  tag: 'runs',
  summary: 'Shows a run',
  description: 'With `Prefer: wait`, it waits for the end of the run; with `If-None-Match` as well, for any change.',
  access: 'signed',
  in: { path: parameters.RunPath, header: parameters.GetRunHeaders },
  answers: {
    200: { description: 'The run as it is now', body: 'Run', headers: ['ETag', 'Preference-Applied', 'Retry-After'] },
    304: { description: 'The run is unchanged', headers: ['ETag', 'Preference-Applied', 'Retry-After'] },
    404: noRun,
  },
}

const CANCEL_RUN: ApiRoute = {
  method: 'POST',
  path: '/runs/{id}/cancel',
  operationId: 'cancelRun',
  tag: 'runs',
  summary: 'Cancels a run that has sent nothing',
  description: 'A run that was sent is followed to its end instead: the answer is then 409.',
  access: 'signed',
  in: { path: parameters.RunPath, header: parameters.CancelHeaders },
  answers: {
    200: { description: 'Cancelled: nothing was sent', body: 'Run', headers: ['ETag', 'Content-Location'] },
    404: noRun,
    409: problemAnswer('Too late: the run was sent and is followed to its end, or it has ended'),
    412: problemAnswer('The run has changed since the version in `If-Match`'),
  },
}

const CREATE_BATCH: ApiRoute = {
  method: 'POST',
  path: '/batches',
  operationId: 'createBatch',
  tag: 'runs',
  summary: 'Requests one operation for many targets',
  description:
    'Each target gets a run with an end of its own. If one of them is not valid, none is accepted. Batches are not waited for.',
  access: 'signed',
  in: { header: parameters.CreateBatchHeaders },
  body: 'BatchRequest',
  examples: BATCH_EXAMPLES,
  answers: {
    202: {
      description: 'Accepted now, or earlier with the same key. Runs that another run keeps from their target show so',
      body: 'Batch',
      headers: ['Location', 'Retry-After', 'Idempotency-Replayed'],
      links: { 'the batch': { operationId: 'getBatch', parameters: ID_OF_BODY } },
    },
    400: INVALID,
    422: REUSED,
    ...BODY_ANSWERS,
  },
}

const GET_BATCH: ApiRoute = {
  method: 'GET',
  path: '/batches/{id}',
  operationId: 'getBatch',
  tag: 'runs',
  summary: 'Shows a batch and its runs',
  description: '`states` counts the runs by state. The runs are as in lists.',
  access: 'signed',
  in: { path: parameters.BatchPath },
  answers: {
    200: { description: 'The batch as it is now', body: 'Batch', headers: ['Retry-After'] },
    404: problemAnswer('There is no such batch; records are kept for 90 days'),
  },
}

const PLANNED =
  'Takes the body of the real request, checks it, reads the targets, and says what would happen. It stores nothing and ' +
  'sends nothing, not even a backup that would come first.'

const CREATE_PLAN: ApiRoute = {
  method: 'POST',
  path: '/plans',
  operationId: 'createPlan',
  tag: 'runs',
  summary: 'Shows what a run would do',
  description: PLANNED,
  access: 'signed',
  in: { header: parameters.CreateBatchHeaders },
  body: 'RunRequest',
  examples: RUN_EXAMPLES,
  answers: { 200: { description: 'The plan', body: 'Plan' }, 400: INVALID, 422: REUSED, ...BODY_ANSWERS },
}

const CREATE_BATCH_PLAN: ApiRoute = {
  method: 'POST',
  path: '/batch-plans',
  operationId: 'createBatchPlan',
  tag: 'runs',
  summary: 'Shows what a batch would do',
  description: `${PLANNED} Targets that share a call of the cloud show it.`,
  access: 'signed',
  in: { header: parameters.CreateBatchHeaders },
  body: 'BatchRequest',
  examples: BATCH_EXAMPLES,
  answers: {
    200: { description: 'A plan for each target', body: 'PlanList' },
    400: INVALID,
    422: REUSED,
    ...BODY_ANSWERS,
  },
}

export const RUN_ROUTES: readonly ApiRoute[] = [
  ...[CREATE_RUN, LIST_RUNS, GET_RUN, CANCEL_RUN],
  ...[CREATE_BATCH, GET_BATCH, CREATE_PLAN, CREATE_BATCH_PLAN],
]
