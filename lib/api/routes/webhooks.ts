import * as parameters from '../parameters.ts'
import { type ApiRoute, problemAnswer } from '../route.ts'
import { WEBHOOK_EXAMPLES } from './examples.ts'

const noSource = problemAnswer('There is no such source')

/** The routes of `webhookHandler`. */
export const WEBHOOK_ROUTES: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/webhooks/{source}',
    operationId: 'receiveWebhook',
    tag: 'deliveries',
    summary: 'Receives a delivery of a ticket or alarm system',
    description:
      'The gateway authenticates nobody: the secret of the source verifies the raw bytes of the body before they are read. ' +
      'A delivery that is repeated is the same request.',
    access: 'open',
    in: { path: parameters.SourcePath, header: parameters.WebhookHeaders },
    body: 'Anything',
    examples: WEBHOOK_EXAMPLES,
    answers: {
      200: { description: 'Authentic; the results say what was done', body: 'WebhookAnswer' },
      202: { description: 'Authentic, and runs were requested', body: 'WebhookAnswer' },
      400: problemAnswer('The id of the delivery is not usable; or authentic, but the body cannot be read'),
      401: problemAnswer('Not proven to come from an allowed sender; counted, and not stored', ['WWW-Authenticate']),
      403: problemAnswer('Authentic, but no rule of `requests` allows the run'),
      404: noSource,
      413: problemAnswer('Authentic, but the body has more than 1 MiB; people are notified'),
      415: problemAnswer('Authentic, but in an unsupported content encoding; people are notified', ['Accept-Encoding']),
      422: problemAnswer('The id of the delivery belongs to another request'),
    },
  },
  {
    method: 'GET',
    path: '/webhooks/{source}',
    operationId: 'checkWebhook',
    tag: 'deliveries',
    summary: 'Answers a sender that checks its webhook address before using it',
    description: 'It authenticates like the delivery itself, and starts nothing.',
    access: 'open',
    in: { path: parameters.SourcePath },
    answers: {
      200: { description: 'Authentic', body: 'WebhookAnswer' },
      400: problemAnswer('The source requires a body'),
      401: problemAnswer('Not proven to come from an allowed sender', ['WWW-Authenticate']),
      404: noSource,
    },
  },
]
