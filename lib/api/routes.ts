import * as parameters from './parameters.ts'
import type { Answer, ApiOperationId, HeaderName, Route } from './route.ts'

const problem = (says: string, ...headers: HeaderName[]): Answer => ({ says, body: ['Problem'], headers })

const badQuery = problem('A parameter is wrong')
const noRun = problem('There is no such run')
const theRun = (says: string, ...headers: HeaderName[]): Answer => ({ says, body: ['Run'], headers })

const CLEARED: Route['answers'] = {
  200: { says: 'They are open', body: ['Limits'] },
  400: problem('`reason` is missing, or wrong'),
  404: problem('Nothing was counted there'),
}

/** Every route, those of the webhooks included. */
export const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/runs',
    operationId: 'createRun',
    tag: 'runs',
    summary: 'Asks for a run, or for one of each of many targets',
    description:
      'Accepted is not done: follow the run. Without an idempotency key every request is a wish of its own; with one, ' +
      'it may be sent again and again.',
    access: 'signed',
    in: { query: parameters.CreateRunQuery, header: parameters.CreateRunHeaders },
    body: 'wish',
    answers: {
      200: {
        says: 'With `Prefer: wait`, what has ended by now; with `dryRun`, the plan',
        body: ['Run', 'Plan', 'PlanList'],
        headers: ['Content-Location', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
      },
      202: {
        says: 'Accepted, or known from before by its key. `Location` and `ETag` are those of one run',
        body: ['Run', 'RunBatch'],
        headers: ['Location', 'Retry-After', 'ETag', 'Preference-Applied', 'Idempotency-Replayed'],
      },
      400: problem('The request is not valid; nothing was stored'),
      409: problem('Refused, for another run has the target; `holder` names it. To ask again takes a new key'),
      413: problem('The body has more than 256 KiB'),
      422: problem('The idempotency key belongs to another request; nothing was stored'),
    },
  },
  {
    method: 'GET',
    path: '/runs',
    operationId: 'listRuns',
    tag: 'runs',
    summary: 'Lists runs, newest first',
    description: 'Follow `cursor` until it is absent, also where a page is short.',
    access: 'signed',
    in: { query: parameters.RunsQuery },
    answers: { 200: { says: 'A page', body: ['RunList'] }, 400: badQuery },
  },
  {
    method: 'GET',
    path: '/runs/{id}',
    operationId: 'getRun',
    tag: 'runs',
    summary: 'Shows a run',
    access: 'signed',
    in: { path: parameters.RunPath, header: parameters.GetRunHeaders },
    answers: {
      200: theRun('The run as it is now', 'ETag', 'Preference-Applied'),
      304: { says: 'It is as it was', headers: ['ETag', 'Preference-Applied'] },
      404: noRun,
    },
  },
  {
    method: 'POST',
    path: '/runs/{id}/cancel',
    operationId: 'cancelRun',
    tag: 'runs',
    summary: 'Withdraws a run, if nothing of it was sent',
    access: 'signed',
    in: { path: parameters.RunPath, header: parameters.CancelHeaders },
    answers: {
      200: theRun('It is cancelled: nothing was sent', 'ETag', 'Content-Location'),
      404: noRun,
      409: problem('It was sent, and is followed to its end; or it has ended'),
      412: problem('It is not as `If-Match` says any more'),
    },
  },
  {
    method: 'GET',
    path: '/operations',
    operationId: 'listOperations',
    tag: 'operations',
    summary: 'Lists what can be asked for',
    access: 'signed',
    answers: { 200: { says: 'The catalogue', body: ['OperationList'] } },
  },
  {
    method: 'GET',
    path: '/limits',
    operationId: 'showLimits',
    tag: 'limits',
    summary: 'Shows what alarms have used of the limits of a resource, or of a rule',
    access: 'signed',
    in: { query: parameters.LimitsQuery },
    answers: { 200: { says: 'What is used', body: ['Limits'] }, 400: badQuery },
  },
  {
    method: 'POST',
    path: '/limits/{cloud}/{service}/{id}/clear',
    operationId: 'clearLimit',
    tag: 'limits',
    summary: 'Opens the limits of a resource: what ran before does not count any more',
    description: 'Who asks, and why, is kept.',
    access: 'signed',
    in: { path: parameters.ResourcePath },
    body: 'clear',
    answers: CLEARED,
  },
  {
    method: 'POST',
    path: '/limits/rule/{name}/clear',
    operationId: 'clearRuleLimit',
    tag: 'limits',
    summary: 'Opens the limits of a rule',
    access: 'signed',
    in: { path: parameters.RulePath },
    body: 'clear',
    answers: CLEARED,
  },
  {
    method: 'GET',
    path: '/dead-letters',
    operationId: 'listDeadLetters',
    tag: 'dead-letters',
    summary: 'Lists messages that queues gave up, newest first',
    access: 'signed',
    in: { query: parameters.DeadLettersQuery },
    answers: { 200: { says: 'A page', body: ['DeadLetterList'] }, 400: badQuery },
  },
  {
    method: 'POST',
    path: '/dead-letters/{id}/resend',
    operationId: 'resendDeadLetter',
    tag: 'dead-letters',
    summary: 'Sends a dead letter back to its queue',
    description: 'It may be repeated: a step of a run happens once, and an alarm starts one run.',
    access: 'signed',
    in: { path: parameters.DeadLetterPath },
    answers: {
      202: { says: 'It is on its way', body: ['DeadLetter'] },
      404: problem('There is no such letter; they are kept for 90 days'),
      409: problem('It was too large to be kept whole; nothing was sent'),
    },
  },
  {
    method: 'GET',
    path: '/deliveries',
    operationId: 'listDeliveries',
    tag: 'deliveries',
    summary: 'Lists what came in by webhooks and alarms, newest first',
    access: 'signed',
    in: { query: parameters.DeliveriesQuery },
    answers: { 200: { says: 'A page', body: ['DeliveryList', 'UnauthenticList'] }, 400: badQuery },
  },
  {
    method: 'GET',
    path: '/deliveries/{id}',
    operationId: 'getDelivery',
    tag: 'deliveries',
    summary: 'Shows what came in, and what became of it',
    access: 'signed',
    in: { path: parameters.DeliveryPath },
    answers: { 200: { says: 'The delivery', body: ['Delivery'] }, 404: problem('There is no such delivery') },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag: 'service',
    summary: 'Shows this document',
    access: 'signed',
    answers: { 200: { says: 'OpenAPI 3.1', body: ['OpenApi'] } },
  },
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    tag: 'service',
    summary: 'Says that the API answers',
    access: 'open',
    answers: { 200: { says: 'It does', body: ['Health'] } },
  },
  {
    method: 'POST',
    path: '/webhooks/{source}',
    operationId: 'receiveWebhook',
    tag: 'deliveries',
    summary: 'Takes a delivery of a ticket or alarm system',
    description:
      'The gateway lets everybody in: the raw bytes of the body are verified by the secret of the source before they are ' +
      'read. The same delivery is one wish, however often it comes.',
    access: 'open',
    in: { path: parameters.SourcePath, header: parameters.WebhookHeaders },
    body: 'anything',
    answers: {
      200: { says: 'Authentic; what became of it', body: ['WebhookAnswer'] },
      202: { says: 'Authentic, and it has started runs', body: ['WebhookAnswer'] },
      400: problem('Authentic, but it cannot be read'),
      401: problem('Not proven to come from who may send it; it was counted, and nothing of it stored'),
      403: problem('Authentic, but no rule of `requests` allows what it asks for'),
      404: problem('There is no such source'),
      413: problem('Authentic, but the body has more than 1 MiB; people are told'),
      415: problem('Authentic, but packed in a way that is not read; people are told'),
      422: problem('Its id belongs to another request'),
    },
  },
  {
    method: 'GET',
    path: '/webhooks/{source}',
    operationId: 'lookAtWebhook',
    tag: 'deliveries',
    summary: 'Answers a sender that looks at its address before it uses it',
    access: 'open',
    in: { path: parameters.SourcePath },
    answers: {
      200: { says: 'Authentic', body: ['WebhookAnswer'] },
      400: problem('It wants a body'),
      401: problem('Not proven to come from who may send it'),
      404: problem('There is no such source'),
    },
  },
]

/** Those of `apiHandler`. */
export const API_ROUTES = ROUTES.filter(
  (route): route is Route & { operationId: ApiOperationId } => !route.path.startsWith('/webhooks/'),
)
