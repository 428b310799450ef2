import * as z from 'zod'
import type { Checked } from './check.ts'
import { nameOf, ofKind, yamlOf } from './snippets.ts'

/**
 * Provisioning files of Grafana Alerting. Grafana has no command that checks one, and ignores names that it does not know.
 * So the names are listed here, from its code:
 * https://github.com/grafana/alerting/blob/main/receivers/webhook/v1/config.go (settings) and
 * https://github.com/grafana/grafana/blob/main/pkg/services/provisioning/alerting (the rest)
 */

const Settings = z
  .strictObject({
    url: z.string().regex(/^https:\/\/.+\/webhooks\/grafana$/),
    httpMethod: z.enum(['POST', 'PUT']).optional(),
    maxAlerts: z.union([z.number(), z.string()]).optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    authorization_scheme: z.string().optional(),
    authorization_credentials: z.string().optional(),
    hmacConfig: z
      .strictObject({ secret: z.string(), header: z.string().optional(), timestampHeader: z.string().optional() })
      .optional(),
  })
  .refine(({ password, authorization_credentials: credentials }) => !(password && credentials), {
    message: 'Grafana allows Basic or Authorization, not both',
  })

const Receiver = z.strictObject({
  uid: z.string().min(1).max(40),
  type: z.literal('webhook'),
  disableResolveMessage: z.boolean().optional(),
  settings: Settings,
})

const Duration = z.string().regex(/^(\d+(ms|[smhdwy]))+$/)
const Matcher = z.tuple([z.string(), z.enum(['=', '!=', '=~', '!~']), z.string()])

const Timing = {
  receiver: z.string(),
  group_by: z.array(z.string()).optional(),
  group_wait: Duration.optional(),
  group_interval: Duration.optional(),
  repeat_interval: Duration.optional(),
}
const Route = z.strictObject({ ...Timing, object_matchers: z.array(Matcher).min(1), continue: z.boolean().optional() })

const File = z.strictObject({
  apiVersion: z.literal(1),
  contactPoints: z
    .array(z.strictObject({ orgId: z.number(), name: z.string(), receivers: z.array(Receiver).min(1) }))
    .optional(),
  policies: z.array(z.strictObject({ orgId: z.number(), ...Timing, routes: z.array(Route).optional() })).optional(),
})

const Part = z.strictObject({ settings: Settings })

export function checkGrafana(): Checked {
  const snippets = ofKind('grafana')
  const faults = snippets.flatMap((snippet) => {
    const value = yamlOf(snippet)
    const { error } = ('settings' in value ? Part : File).safeParse(value)
    return error ? [`${nameOf(snippet)}: ${z.prettifyError(error)}`] : []
  })
  return { by: "the names in Grafana's code", snippets: snippets.length, faults }
}
