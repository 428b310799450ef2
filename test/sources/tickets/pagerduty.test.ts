import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStrictJson } from '../../../lib/http/body.ts'
import type { DeliveryItem, WebhookRequest } from '../../../lib/sources/source.ts'
import { pagerduty } from '../../../lib/sources/tickets/pagerduty.ts'
import { deliveryOf, noWeb, readBy, sampleOf } from '../sample.ts'

const settings = (secrets: string) => pagerduty.settings.parse({ WEBHOOK_PAGERDUTY_SECRETS: secrets })

const delivery = (body: string, headers: WebhookRequest['headers']): WebhookRequest =>
  deliveryOf({ headers, body: Buffer.from(body) })
const read = (payload: unknown): DeliveryItem[] => readBy(pagerduty, payload, settings('a-secret-of-some-length'))
const sample = (name: string): { event: Record<string, unknown> & { data: Record<string, unknown> } } =>
  sampleOf('pagerduty', name)
const readOne = (payload: unknown): DeliveryItem => read(payload)[0] ?? { ignored: 'nothing', subject: '' }
const ticketOf = (payload: unknown) => {
  const item = readOne(payload)
  return 'ticket' in item ? item.ticket : undefined
}

describe('verify', () => {
  // The vector of PagerDuty's own client (go-pagerduty, webhookv3/webhookv3_test.go).
  const SECRET = 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK'
  const BODY =
    '{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}'
  const SIGNATURE = 'v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd'
  const OTHER_SIGNATURE = `v1=${'ab'.repeat(32)}`
  const verify = (signature: string) =>
    pagerduty.verify(
      delivery(BODY, { 'x-pagerduty-signature': signature, 'x-webhook-id': 'dlv-1' }),
      settings(SECRET),
      noWeb,
    )

  test('our own signature equals the published vector', () => {
    expect(pagerduty.sign(BODY, settings(SECRET), { id: 'dlv-1', atMs: 0 })).toEqual({
      headers: { 'x-pagerduty-signature': SIGNATURE, 'x-webhook-id': 'dlv-1' },
    })
  })

  test.for([
    ['the published vector', SIGNATURE],
    ['the second of two signatures', `${OTHER_SIGNATURE},${SIGNATURE}`],
    ['two headers, as the gateway joins them', `${OTHER_SIGNATURE}, ${SIGNATURE}`],
    ['one beside a version that is not known', `v2=${'cd'.repeat(32)},${SIGNATURE}`],
  ] as const)('takes %s', ([, signature]) => {
    expect(verify(signature)).toBe('dlv-1')
  })

  test.for([
    ['an empty header', '', 'is missing'],
    ['another version', SIGNATURE.replace('v1', 'v2'), 'matches no secret'],
    ['no version', SIGNATURE.slice(3), 'matches no secret'],
    ['another method as its version', SIGNATURE.replace('v1', 'sha256'), 'matches no secret'],
    [
      'another method, rightly computed',
      `v1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}`,
      'matches no secret',
    ],
    ['a cut signature', SIGNATURE.slice(0, -2), 'matches no secret'],
    ['a signature with more behind it', `${SIGNATURE}00`, 'matches no secret'],
    ['nothing but a version', 'v1=', 'matches no secret'],
  ] as const)('refuses %s', ([, signature, message]) => {
    expect(() => verify(signature)).toThrow(message)
  })

  test.for(['', ' , ', 'short'])('takes no secret such as %j', (secrets) => {
    expect(pagerduty.settings.safeParse({ WEBHOOK_PAGERDUTY_SECRETS: secrets }).success).toBe(false)
  })

  test.for([undefined, '', 'a b', 'x'.repeat(257)])('an id such as %j, which is not signed, is no id', (id) => {
    const sent = delivery(BODY, { 'x-pagerduty-signature': SIGNATURE, 'x-webhook-id': id })
    expect(pagerduty.verify(sent, settings(SECRET), noWeb)).toBeUndefined()
  })
})

const DIGEST = expect.stringMatching(/^[0-9a-f]{64}$/)
const INCIDENT = {
  id: 'Q1W7ORDERSDN04',
  type: 'incident_reference',
  self: 'https://api.pagerduty.com/incidents/Q1W7ORDERSDN04',
  html_url: 'https://steadyhand-demo.pagerduty.com/incidents/Q1W7ORDERSDN04',
}
const AGENT = {
  id: 'PMAYA07',
  type: 'user_reference',
  self: 'https://api.pagerduty.com/users/PMAYA07',
  html_url: 'https://steadyhand-demo.pagerduty.com/users/PMAYA07',
}

describe('reads', () => {
  test('a custom action, with all that rules may point at and no free text', () => {
    const { data } = sample('custom-action').event
    expect(read(sample('custom-action'))).toEqual([
      {
        ticket: {
          source: 'pagerduty',
          event: 'incident.action_invocation.created',
          key: 'Q1W7ORDERSDN04',
          by: 'PMAYA07',
          reason: 'restart orders-cache: orders-cache does not answer PING',
          occurredAt: '2026-11-20T03:12:07.344Z',
          dedupeKey: DIGEST,
          fields: {
            event: {
              id: '01GEVENT7ACT10N0CREATED001',
              event_type: 'incident.action_invocation.created',
              resource_type: 'incident',
              occurred_at: '2026-11-20T03:12:07.344Z',
              agent: AGENT,
              client: { name: 'PagerDuty' },
              data: {
                id: '01GSTEADYCACHE0RESTART0001',
                self: data.self,
                html_url: data.html_url,
                incident: INCIDENT,
                action: data.action,
                state: 'created',
                type: 'incident_action_invocation',
              },
            },
          },
        },
      },
    ])
  })

  test('a workflow that somebody started, with the service of the incident', () => {
    const started = sample('workflow-started')
    expect(ticketOf(started)).toEqual({
      source: 'pagerduty',
      event: 'incident.workflow.started',
      key: 'Q1W7ORDERSDN04',
      by: 'PMAYA07',
      reason: 'Restart the cache: orders-cache does not answer PING',
      occurredAt: '2026-11-20T03:12:41.915Z',
      dedupeKey: DIGEST,
      fields: {
        event: {
          ...started.event,
          agent: AGENT,
          data: {
            id: 'PW1NST01',
            type: 'incident_workflow_instance',
            incident_workflow: started.event.data.incident_workflow,
            workflow_trigger: started.event.data.workflow_trigger,
            incident: INCIDENT,
            service: started.event.data.service,
          },
        },
      },
    })
  })

  test('custom fields by name: as they are now, and as they were before this event', () => {
    expect(ticketOf(sample('custom-field'))?.fields).toMatchObject({
      event: {
        data: {
          incident: INCIDENT,
          custom_fields: { remediation: 'restart', cache: 'orders-cache', customer_impact: '' },
          changed_custom_fields: { remediation: '' },
          type: 'incident_field_values',
        },
      },
    })
  })

  test('an incident, which has a title and rules cannot see it', () => {
    const triggered = sample('triggered')
    const { title, ...data } = triggered.event.data
    const { summary: _, ...assignee } = AGENT as typeof AGENT & { summary?: string }
    expect(ticketOf(triggered)).toEqual({
      source: 'pagerduty',
      event: 'incident.triggered',
      key: 'Q1W7ORDERSDN04',
      by: 'PORDERS',
      reason: title,
      occurredAt: '2026-11-20T03:11:30.002Z',
      dedupeKey: DIGEST,
      fields: { event: { ...triggered.event, data: { ...data, assignees: [assignee] } } },
    })
  })

  test('free text of any kind of event is not among the fields', () => {
    const prose = 'drop everything'
    const { event } = sample('triggered')
    const incident = { id: 'Q1', type: 'incident_reference', summary: prose }
    const parts = [
      { type: 'incident', id: 'Q1', title: prose, description: prose, body: { details: prose } },
      { type: 'incident_note', incident, id: 'N1', content: prose },
      { type: 'incident_status_update', incident, message: prose },
      {
        type: 'incident_responder',
        incident,
        message: prose,
        user: { id: 'P1', type: 'user_reference', summary: prose },
      },
      { type: 'incident_task', incident, id: 'T1', name: prose, summary: prose, description: prose },
      { type: 'incident_workflow_instance', incident, id: 'W1', summary: prose },
    ]
    const fields = parts.map((data) => ticketOf({ event: { ...event, data } })?.fields)
    expect(fields).toHaveLength(parts.length)
    expect(fields).not.toContain(undefined)
    expect(JSON.stringify(fields)).not.toContain(prose)
  })

  test.for([
    ['a note', { id: 'N1', type: 'incident_note', incident: { id: 'Q1' } }, 'Q1'],
    ['a role', { incident_role_assignments: [{ incident: { id: 'Q1' }, role: { id: 'R1' } }] }, 'Q1'],
    ['a service', { id: 'S1', type: 'service', summary: 'orders-cache' }, 'S1'],
    ['the fields of a service', { service: { id: 'S1', type: 'service_reference' } }, 'S1'],
    ['nothing that has an id', { incident: null, id: 7 }, '01GEVENT7INC1DENTTR1GGER01'],
  ] as const)('an event of %s is of %s', ([, data, key]) => {
    expect(ticketOf({ event: { ...sample('triggered').event, data } })?.key).toBe(key)
  })

  test.for([null, undefined, { summary: 'x' }, 'me'])('an agent such as %j is nobody', (agent) => {
    expect(ticketOf({ event: { ...sample('triggered').event, agent } })?.by).toBe('')
  })

  test('a custom field that is called like what objects inherit changes no object', () => {
    const { event } = sample('custom-field')
    const fields = ['__proto__', 'constructor', 'cache.name', 7].map((name) => ({ name, value: 'x' }))
    const ticket = ticketOf({ event: { ...event, data: { ...event.data, custom_fields: [...fields, null, 'text'] } } })
    expect(ticket?.fields).toMatchObject({ event: { data: { custom_fields: { constructor: 'x' } } } })
    expect(JSON.stringify(ticket?.fields)).not.toMatch(/__proto__|cache\.name|"7"/)
    expect({}).not.toHaveProperty('value')
  })
})

const own = 'done (steadyhand run_4f0c2b7a9d1e8356c4a07be19f52d683)'
const changed = (name: string, event: Record<string, unknown>, data: Record<string, unknown> = {}) => {
  const { event: was } = sample(name)
  return { event: { ...was, ...event, data: { ...was.data, ...data } } }
}

test.for([
  ['a ping', sample('ping'), 'pagey.ping', 'it is a test'],
  ['our own note', sample('annotated-own'), 'Q1W7ORDERSDN04', 'Steadyhand caused this event itself'],
  [
    'our own status update',
    changed('annotated-own', { event_type: 'incident.status_update_published' }, { content: 'x', message: own }),
    'Q1W7ORDERSDN04',
    'Steadyhand caused this event itself',
  ],
  [
    'an incident of our own making',
    changed('triggered', {}, { title: own }),
    'Q1W7ORDERSDN04',
    'Steadyhand caused this event itself',
  ],
  ['a webhook of v2', { messages: [{ event: 'incident.trigger' }] }, 'a PagerDuty webhook', 'not a v3 event'],
  ['an event without an id', changed('triggered', { id: '' }), 'a PagerDuty webhook', 'not a v3 event'],
  ['a list', [], 'a PagerDuty webhook', 'not a v3 event'],
  ['nothing', null, 'a PagerDuty webhook', 'not a v3 event'],
] as const)('%s is ignored', ([, payload, subject, ignored]) => {
  expect(read(payload)).toEqual([{ subject, ignored }])
})

test('actions of people on an incident that we created are not our own', () => {
  const acted = changed('triggered', { event_type: 'incident.acknowledged' }, { title: own })
  expect(ticketOf(acted)?.event).toBe('incident.acknowledged')
})

test('an event has one key, however it comes; the next one has another', () => {
  const keyOf = (event: Record<string, unknown>) => ticketOf(changed('triggered', event))?.dedupeKey
  const key = keyOf({})
  expect(keyOf({ client: { name: 'retry' }, agent: null })).toBe(key)
  expect(keyOf({ occurred_at: '2026-11-20T03:11:31.002Z' })).toBe(key)
  expect(keyOf({ id: 'another' })).not.toBe(key)
})

test('text for people is bounded and whole', () => {
  const ticket = ticketOf(changed('triggered', {}, { title: `${'x'.repeat(499)}😀` }))
  expect(ticket?.reason).toBe(`${'x'.repeat(499)}\ufffd`)
})

test('no payload makes it throw', () => {
  const { event } = sample('custom-field')
  const Odd = fc.anything({ maxDepth: 3, withNullPrototype: true })
  const keys = [...Object.keys(event), ...Object.keys(event.data), 'title', 'action', 'incident_role_assignments']
  const Part = fc.dictionary(fc.constantFrom(...keys), Odd)
  fc.assert(
    fc.property(fc.oneof(Odd, fc.tuple(Part, Part)), (odd) => {
      const payload = Array.isArray(odd) ? { event: { ...event, ...odd[0], data: { ...event.data, ...odd[1] } } } : odd
      expect(read(parseStrictJson(Buffer.from(jsonOf(payload))))).toHaveLength(1)
    }),
    { numRuns: 2000 },
  )
})

/** The value as it could arrive: only what JSON has and the body parser accepts. */
function jsonOf(value: unknown): string {
  const plain = (key: string, inner: unknown) => (typeof inner === 'bigint' || key === '__proto__' ? undefined : inner)
  const json = JSON.stringify(value, plain) ?? 'null'
  return JSON.stringify(JSON.parse(json))
}
