import * as parameters from '../parameters.ts'
import { type ApiRoute, badQuery, problemAnswer } from '../route.ts'

const noRun = problemAnswer('There is no such run')

const CREATE_RUN: ApiRoute = {
  method: 'POST',
  path: '/runs',
  operationId: 'createRun',
  tag: 'runs',
  summary: 'Requests a run, or a run for each of many targets',
  description:
    'An accepted run is not yet done: follow it. Without an idempotency key, every request is a new one. With a key, the ' +
    'same request may be sent again and again.',
  access: 'signed',
  in: { query: parameters.CreateRunQuery, header: parameters.CreateRunHeaders },
  body: 'request',
  answers: {
    200: {
      description: 'With `Prefer: wait`, a run that has ended by now; with `dryRun`, the plan',
      body: ['Run', 'Plan', 'PlanList'],
      headers: ['Content-Location', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
    },
    202: {
      description: 'Accepted now, or earlier with the same key. A single run has `Location` and `ETag`',
      body: ['Run', 'RunBatch'],
      headers: ['Location', 'Retry-After', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
    },
    400: problemAnswer('The request is not valid; nothing was stored'),
    409: problemAnswer('Refused: another run, named by `holder`, has the target. A new request needs a new key'),
    413: problemAnswer('The body has more than 256 KiB'),
    422: problemAnswer('The idempotency key belongs to another request; nothing was stored'),
  },
}

const LIST_RUNS: ApiRoute = {
  method: 'GET',
  path: '/runs',
  operationId: 'listRuns',
  tag: 'runs',
  summary: 'Lists runs, newest first',
  description: 'A page may be short: follow `cursor` until it is absent.',
  access: 'signed',
  in: { query: parameters.RunsQuery },
  answers: { 200: { description: 'A page of runs', body: ['RunList'] }, 400: badQuery },
}

const GET_RUN: ApiRoute = {
  method: 'GET',
  path: '/runs/{id}',
  operationId: 'getRun',
  tag: 'runs',
  summary: 'Shows a run',
  access: 'signed',
  in: { path: parameters.RunPath, header: parameters.GetRunHeaders },
  answers: {
    200: { description: 'The run as it is now', body: ['Run'], headers: ['ETag', 'Preference-Applied'] },
    304: { description: 'The run is unchanged', headers: ['ETag', 'Preference-Applied'] },
    404: noRun,
  },
}

const CANCEL_RUN: ApiRoute = {
  method: 'POST',
  path: '/runs/{id}/cancel',
  operationId: 'cancelRun',
  tag: 'runs',
  summary: 'Cancels a run that has sent nothing',
  access: 'signed',
  in: { path: parameters.RunPath, header: parameters.CancelHeaders },
  answers: {
    200: { description: 'Cancelled: nothing was sent', body: ['Run'], headers: ['ETag', 'Content-Location'] },
    404: noRun,
    409: problemAnswer('Too late: the run was sent and is followed to its end, or it has ended'),
    412: problemAnswer('The run has changed since the version in `If-Match`'),
  },
}

export const RUN_ROUTES: readonly ApiRoute[] = [CREATE_RUN, LIST_RUNS, GET_RUN, CANCEL_RUN]
