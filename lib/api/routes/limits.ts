import * as parameters from '../parameters.ts'
import { type ApiRoute, BODY_ANSWERS, badQuery, problemAnswer } from '../route.ts'
import { CLEAR_EXAMPLES } from './examples.ts'

const CLEARED: ApiRoute['answers'] = {
  200: { description: 'The limits are cleared', body: 'Limits' },
  400: problemAnswer('`reason` is missing or wrong'),
  404: problemAnswer('No runs are counted under this name'),
  ...BODY_ANSWERS,
}

export const LIMIT_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/limits',
    operationId: 'showLimits',
    tag: 'limits',
    summary: 'Shows how much of the limits of a resource, or of a rule, is used',
    description: 'Limits count the runs that alarms start; budgets count those of a caller. Give `resource` or `rule`.',
    access: 'signed',
    in: { query: parameters.LimitsQuery },
    answers: { 200: { description: 'The counted runs, notices and clearances', body: 'Limits' }, 400: badQuery },
  },
  {
    method: 'POST',
    path: '/limits/{cloud}/{service}/{id}/clear',
    operationId: 'clearLimit',
    tag: 'limits',
    summary: 'Clears the limits of a resource, or a budget: earlier runs no longer count',
    description: 'The caller and the reason are stored.',
    access: 'signed',
    in: { path: parameters.ResourcePath },
    body: 'Clear',
    examples: CLEAR_EXAMPLES,
    answers: CLEARED,
  },
  {
    method: 'POST',
    path: '/limits/rule/{name}/clear',
    operationId: 'clearRuleLimit',
    tag: 'limits',
    summary: 'Clears the limits of a rule',
    description: 'The caller and the reason are stored.',
    access: 'signed',
    in: { path: parameters.RulePath },
    body: 'Clear',
    examples: CLEAR_EXAMPLES,
    answers: CLEARED,
  },
]
