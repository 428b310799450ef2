import * as parameters from '../parameters.ts'
import { type ApiRoute, problemAnswer } from '../route.ts'
import { EVENT_EXAMPLES } from './examples.ts'

/** The routes of the catalogue, of the API itself, and of one machine. */
export const SERVICE_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/operations',
    operationId: 'listOperations',
    tag: 'operations',
    summary: 'Lists the operations that a run can carry out',
    description: 'With the JSON Schemas of their targets and params. It changes with a release only.',
    access: 'signed',
    answers: {
      200: { description: 'The catalogue', body: 'OperationList', headers: ['ETag'] },
      304: { description: 'The catalogue is unchanged', headers: ['ETag'] },
    },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag: 'service',
    summary: 'Shows this document',
    description: 'OpenAPI 3.1, as it holds for this deployment.',
    access: 'signed',
    answers: {
      200: { description: 'The OpenAPI document', body: 'OpenApi', headers: ['ETag'] },
      304: { description: 'The document is unchanged', headers: ['ETag'] },
    },
  },
  {
    method: 'GET',
    path: '/problems/{name}',
    operationId: 'getProblemType',
    tag: 'service',
    summary: 'Explains a type of problem',
    description: 'The address is the `type` of problem documents. The page is Markdown.',
    access: 'open',
    in: { path: parameters.ProblemPath },
    answers: {
      200: { description: 'The page of the type', body: 'Page', headers: ['ETag'] },
      304: { description: 'The page is unchanged', headers: ['ETag'] },
      404: problemAnswer('There is no such type'),
    },
  },
  {
    method: 'GET',
    path: '/schemas/{name}',
    operationId: 'getSchema',
    tag: 'service',
    summary: 'Shows the JSON Schema of the data of an event',
    description: 'The address is the `dataschema` of events.',
    access: 'open',
    in: { path: parameters.SchemaPath },
    answers: {
      200: { description: 'The JSON Schema', body: 'JsonSchema', headers: ['ETag'] },
      304: { description: 'The schema is unchanged', headers: ['ETag'] },
      404: problemAnswer('There is no such schema'),
    },
  },
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    tag: 'service',
    summary: 'Shows that the API answers',
    description: 'It checks nothing else.',
    access: 'open',
    answers: { 200: { description: 'The API answers', body: 'HealthStatus' } },
  },
  {
    method: 'POST',
    path: '/events',
    operationId: 'putEvents',
    tag: 'deliveries',
    summary: 'Takes alarm events of AWS',
    description:
      'An event of EventBridge, a list of them, a `PutEvents` request, a delivery of SNS, or an alarm action. On AWS they ' +
      'come without this route.',
    access: 'signed',
    home: 'one machine',
    body: 'Events',
    examples: EVENT_EXAMPLES,
    answers: {
      202: { description: 'Taken: each alarm is decided, or queued', body: 'EventsAnswer' },
      400: problemAnswer('The body is no event'),
      413: problemAnswer('The body has more than 1 MiB'),
      415: problemAnswer('The body is not JSON', ['Accept', 'Accept-Encoding']),
    },
  },
]
