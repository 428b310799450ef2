import * as parameters from '../parameters.ts'
import { type ApiRoute, BODY_ANSWERS, badQuery, problemAnswer } from '../route.ts'
import { RESUME_EXAMPLES } from './examples.ts'

export const GROUP_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/groups',
    operationId: 'listGroups',
    tag: 'groups',
    summary: 'Lists the groups of resources, the runs that count in each, and their storms',
    description: 'The groups of the rules in force, and the built-in group `everything`.',
    access: 'signed',
    in: { query: parameters.NoQuery },
    answers: { 200: { description: 'All groups', body: 'GroupList' }, 400: badQuery },
  },
  {
    method: 'POST',
    path: '/groups/{name}/resume',
    operationId: 'resumeGroup',
    tag: 'groups',
    summary: 'Ends the storm of a group: alarms start runs again',
    description: 'People are told who ended it and why. A group without a storm stays as it is.',
    access: 'signed',
    in: { path: parameters.GroupPath },
    body: 'Resume',
    examples: RESUME_EXAMPLES,
    answers: {
      200: { description: 'No storm stops the group', body: 'Group' },
      400: problemAnswer('`reason` is missing or wrong'),
      404: problemAnswer('No group of this name has a storm stop'),
      ...BODY_ANSWERS,
    },
  },
]
