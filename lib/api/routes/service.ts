import type { ApiRoute } from '../route.ts'

/** The routes of the catalogue and of the API itself. */
export const SERVICE_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/operations',
    operationId: 'listOperations',
    tag: 'operations',
    summary: 'Lists the operations that a run can carry out',
    access: 'signed',
    answers: { 200: { description: 'The catalogue', body: ['OperationList'] } },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag: 'service',
    summary: 'Shows this document',
    access: 'signed',
    answers: { 200: { description: 'The OpenAPI 3.1 document', body: ['OpenApi'] } },
  },
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    tag: 'service',
    summary: 'Shows that the API answers',
    access: 'open',
    answers: { 200: { description: 'The API answers', body: ['Health'] } },
  },
]
