import * as parameters from '../parameters.ts'
import { type ApiRoute, badQuery, problemAnswer } from '../route.ts'

/** Troubles of resources, and what rules did about them. */
export const EPISODE_ROUTES: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/episodes',
    operationId: 'listEpisodes',
    tag: 'episodes',
    summary: 'Lists episodes: the troubles of resources, newest first',
    description: 'A page may be short, or empty: follow `cursor` with the same filter until it is absent.',
    access: 'signed',
    in: { query: parameters.EpisodesQuery },
    answers: { 200: { description: 'A page of episodes', body: 'EpisodeList' }, 400: badQuery },
  },
  {
    method: 'GET',
    path: '/episodes/{id}',
    operationId: 'getEpisode',
    tag: 'episodes',
    summary: 'Shows an episode: what was tried, whether it helped, and what comes next',
    description: 'One trouble of one resource under one rule, from its first alarm until it is over.',
    access: 'signed',
    in: { path: parameters.EpisodePath },
    answers: {
      200: { description: 'The episode', body: 'Episode' },
      404: problemAnswer('There is no such episode'),
    },
  },
]
