import type { ApiOperationId, ApiRoute } from './route.ts'
import { DELIVERY_ROUTES } from './routes/deliveries.ts'
import { LIMIT_ROUTES } from './routes/limits.ts'
import { RUN_ROUTES } from './routes/runs.ts'
import { SERVICE_ROUTES } from './routes/service.ts'
import { WEBHOOK_ROUTES } from './routes/webhooks.ts'

/** All routes, in the order of the OpenAPI document. */
export const ROUTES: readonly ApiRoute[] = [
  ...RUN_ROUTES,
  ...LIMIT_ROUTES,
  ...DELIVERY_ROUTES,
  ...WEBHOOK_ROUTES,
  ...SERVICE_ROUTES,
]

/** The routes of `apiHandler`. */
export const API_ROUTES = ROUTES.filter(
  (route): route is ApiRoute & { operationId: ApiOperationId } => !route.path.startsWith('/webhooks/'),
)
