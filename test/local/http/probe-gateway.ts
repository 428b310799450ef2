import { setTimeout as sleep } from 'node:timers/promises'
import type { Access } from '../../../lib/local/http/access.ts'
import { type Gateway, startGateway } from '../../../lib/local/http/gateway.ts'
import type { GatewayRoute } from '../../../lib/local/http/route-match.ts'

export interface ProbeGateway extends Gateway {
  /** Bodies that came by `POST /events`. */
  posted: string[]
}

/** The commands that a body may give the function. */
type Command = { do: 'response'; response: unknown } | { do: 'throw' } | { do: 'sleep'; ms: number }

/** A gateway whose function answers its event, unless the body has a command. */
export async function startProbeGateway(access: Access = { address: '127.0.0.1' }): Promise<ProbeGateway> {
  const posted: string[] = []
  const gateway = await startGateway({
    routes: [
      route('GET /items/{id}/parts/{part}', 'NONE'),
      route('POST /items', 'AWS_IAM'),
      route('GET /items/mine', 'NONE'),
      route('GET /items/{id}', 'NONE'),
      route('ANY /rest/{proxy+}', 'NONE'),
      route('POST /open', 'NONE'),
    ],
    localRoutes: {
      'POST /events': async ({ body = '' }) => {
        posted.push(body)
        return { statusCode: 400 }
      },
    },
    access,
    port: 0,
    invoke: async (_, event) => run(event),
    onError: () => undefined,
  })
  return { ...gateway, posted }
}

const TIMEOUT_MS = 1_500

function route(key: string, authorization: GatewayRoute['authorization']): GatewayRoute {
  const [method = '', path = ''] = key.split(' ')
  return { key, method, path, function: 'probe', timeoutMs: TIMEOUT_MS, authorization }
}

async function run(event: { body?: string }): Promise<unknown> {
  if (!event.body?.startsWith('{"do"')) return event
  const command: Command = JSON.parse(event.body)
  if (command.do === 'response') return command.response
  if (command.do === 'throw') throw new Error('broken')
  return sleep(command.ms)
}
