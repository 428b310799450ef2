import * as parameters from '../parameters.ts'
import { type ApiRoute, badQuery, problemAnswer } from '../route.ts'

/** The routes of deliveries, and of the dead letters of queues. */
export const DELIVERY_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/dead-letters',
    operationId: 'listDeadLetters',
    tag: 'dead-letters',
    summary: 'Lists messages that a queue gave up, newest first',
    description: 'Follow `cursor` until it is absent.',
    access: 'signed',
    in: { query: parameters.DeadLettersQuery },
    answers: { 200: { description: 'A page of dead letters', body: 'DeadLetterList' }, 400: badQuery },
  },
  {
    method: 'POST',
    path: '/dead-letters/{id}/resend',
    operationId: 'resendDeadLetter',
    tag: 'dead-letters',
    summary: 'Sends a dead letter back to its queue',
    description: 'Repeating it is safe: a step of a run happens once, and an alarm starts one run.',
    access: 'signed',
    in: { path: parameters.DeadLetterPath },
    answers: {
      202: { description: 'Sent back to its queue', body: 'DeadLetter' },
      404: problemAnswer('There is no such dead letter; dead letters are kept for 90 days'),
      409: problemAnswer('The dead letter was too large to be stored whole; nothing was sent'),
    },
  },
  {
    method: 'GET',
    path: '/deliveries',
    operationId: 'listDeliveries',
    tag: 'deliveries',
    summary: 'Lists received webhooks and alarms, newest first',
    description: 'Each has its results, whatever became of it. Follow `cursor` until it is absent.',
    access: 'signed',
    in: { query: parameters.DeliveriesQuery },
    answers: { 200: { description: 'A page of deliveries', body: 'DeliveryList' }, 400: badQuery },
  },
  {
    method: 'GET',
    path: '/deliveries/{id}',
    operationId: 'getDelivery',
    tag: 'deliveries',
    summary: 'Shows a delivery and its results',
    description: 'With the beginning of its body.',
    access: 'signed',
    in: { path: parameters.DeliveryPath },
    answers: {
      200: { description: 'The delivery', body: 'Delivery' },
      404: problemAnswer('There is no such delivery; deliveries are kept for 90 days'),
    },
  },
  {
    method: 'GET',
    path: '/unauthentic-deliveries',
    operationId: 'listUnauthenticDeliveries',
    tag: 'deliveries',
    summary: 'Lists how many deliveries of each source and day were not authentic',
    description: 'Nothing else of them is kept. Follow `cursor` until it is absent.',
    access: 'signed',
    in: { query: parameters.DeliveriesQuery },
    answers: { 200: { description: 'A page of daily counts', body: 'UnauthenticList' }, 400: badQuery },
  },
]
