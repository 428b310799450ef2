import type { Deployment } from './deployment.ts'
import type { ApiOperationId, ApiRoute } from './route.ts'
import { DELIVERY_ROUTES } from './routes/deliveries.ts'
import { EPISODE_ROUTES } from './routes/episodes.ts'
import { GROUP_ROUTES } from './routes/groups.ts'
import { GUARD_ROUTES } from './routes/guards.ts'
import { LIMIT_ROUTES } from './routes/limits.ts'
import { RUN_ROUTES } from './routes/runs.ts'
import { SERVICE_ROUTES } from './routes/service.ts'
import { WEBHOOK_ROUTES } from './routes/webhooks.ts'

/** All routes, in the order of the OpenAPI document. */
export const ROUTES: readonly ApiRoute[] = [
  ...RUN_ROUTES,
  ...EPISODE_ROUTES,
  ...LIMIT_ROUTES,
  ...GROUP_ROUTES,
  ...GUARD_ROUTES,
  ...DELIVERY_ROUTES,
  ...WEBHOOK_ROUTES,
  ...SERVICE_ROUTES,
]

/** The routes of a home. */
export function routesOf(home: Deployment['home']): readonly ApiRoute[] {
  return ROUTES.filter((route) => route.home === undefined || route.home === home)
}

/** The routes of `apiHandler`. */
export const API_ROUTES = ROUTES.filter(
  (route): route is ApiRoute & { operationId: ApiOperationId } =>
    !route.path.startsWith('/webhooks/') && route.home === undefined,
)

/** The methods that a route's path has, for the header `Allow`: `GET, HEAD, OPTIONS`. */
export function allowOf(routes: readonly Pick<ApiRoute, 'method' | 'path'>[], path: string): string {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method)
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ')
}

/** The path of the route that a request's path is of; undefined where there is none. */
export function routePathOf(routes: readonly Pick<ApiRoute, 'path'>[], path: string): string | undefined {
  const given = path.split('/')
  const isOf = (route: string): boolean => {
    const segments = route.split('/')
    return (
      segments.length === given.length &&
      segments.every((one, at) => (one.startsWith('{') ? given[at] : one === given[at]))
    )
  }
  return routes.map((route) => route.path).find(isOf)
}
