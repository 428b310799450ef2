import { type Document, idIn, reader } from './reader.ts'
import { IntegrationProperties, RouteProperties } from './resources.ts'

/** The HTTP API routes of a template, each with the function and the time-out of its integration. */
export function routesOf(document: Document) {
  const of = reader(document)
  const integrations = new Map(
    of('AWS::ApiGatewayV2::Integration', IntegrationProperties).map((item) => [item.id, item]),
  )
  return of('AWS::ApiGatewayV2::Route', RouteProperties).map(({ id, RouteKey, Target, AuthorizationType }) => {
    const integration = integrations.get(idIn(Target.replace(/^integrations\//, ''), id))
    if (!integration) throw new Error(`${id}: the route has no integration in this template`)
    const [method = '', path] = RouteKey.split(' ')
    return {
      id,
      key: RouteKey,
      // `$default` takes every method and path that no other route takes.
      method: path === undefined ? 'ANY' : method,
      path: path ?? '/{proxy+}',
      function: idIn(integration.IntegrationUri, integration.id),
      timeoutMs: integration.TimeoutInMillis,
      authorization: AuthorizationType,
    }
  })
}
