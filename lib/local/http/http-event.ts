import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RouteMatch } from './route-match.ts'

/** The account that emulators of AWS use. */
const LOCAL_ACCOUNT = '000000000000'

/** A request as it came. The body has at most the quota of an HTTP API; `user` is the caller. */
export type HttpRequest = { message: IncomingMessage; path: string; query: string; body: Buffer; user: LocalUser }

/** Nobody signs on one machine: a caller is the local user, or bears the token. */
export type LocalUser = 'local' | 'bearer'

/**
 * The event of an HTTP API, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent({ route, params }: RouteMatch, { message, path, query, body, user }: HttpRequest, now: Date) {
  const headers = headersOf(message)
  const { cookie, ...others } = headers
  const host = headers.host ?? 'localhost'
  const text = textOf(body)
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: others,
    ...(query !== '' && { queryStringParameters: joined(new URLSearchParams(query)) }),
    ...(Object.keys(params).length > 0 && { pathParameters: params }),
    requestContext: {
      accountId: LOCAL_ACCOUNT,
      apiId: 'local',
      ...(route.authorization === 'AWS_IAM' && { authorizer: { iam: callerOf(user) } }),
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: { ...httpOf(message, path), userAgent: headers['user-agent'] ?? '' },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: clfTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: text ?? body.toString('base64') }),
    isBase64Encoded: text === undefined,
  }
}

function httpOf({ method, httpVersion, socket }: IncomingMessage, path: string) {
  return { method, path, protocol: `HTTP/${httpVersion}`, sourceIp: socket.remoteAddress ?? '127.0.0.1' }
}

function callerOf(user: LocalUser) {
  return {
    accessKey: user,
    accountId: LOCAL_ACCOUNT,
    callerId: user,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/${user}`,
    userId: user,
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headersDistinct).map(([name, values = []]) => {
    return [name, values.join(name === 'cookie' ? '; ' : ',')]
  })
  return Object.fromEntries(entries)
}

function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]))
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

/** `12/Mar/2020:19:03:58 +0000` */
function clfTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}
