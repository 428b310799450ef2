import { describe, expect, test } from 'vitest'
import { matchTicket } from '../../../../lib/rules/match.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import { own } from '../../../../lib/sources/field-of.ts'
import type { Ticket } from '../../../../lib/sources/ticket.ts'
import { jira } from '../../../../lib/sources/tickets/jira.ts'
import { noWeb, readBy, type Sample } from '../../sample.ts'

const MS = 1_795_981_500_000
const FRESH = { nowMs: MS, maxAgeMinutes: 120 }
const SETTINGS = jira.settings.parse({ WEBHOOK_JIRA_SECRETS: 'first-secret-of-jira' })

/** "Issue data (Automation format)": a bare issue; times and ids are numbers, and nothing says when it was sent. */
const automation = (): Sample => ({
  self: 'https://example.atlassian.net/rest/api/2/20001',
  id: 20001,
  key: 'OPS-1',
  changelog: { startAt: 0, maxResults: 0, total: 0, histories: null },
  fields: {
    summary: 'Restart the cache',
    project: { id: 10002, key: 'OPS' },
    status: { id: 10003, name: 'Approved' },
    created: MS - 500_000,
    updated: MS,
    customfield_10050: { value: 'orders-cache' },
  },
})

/** The workflow post function "Trigger a Webhook": no event, no changelog; the comment is a text. */
const postFunction = (): Sample => ({
  timestamp: MS,
  user: { accountId: '000000:ada' },
  comment: 'flush everything',
  transition: {
    workflowId: 1,
    workflowName: 'Operations',
    transitionId: 41,
    transitionName: 'Approve',
    from_status: 'Waiting',
    to_status: 'Approved',
  },
  issue: {
    id: '20002',
    key: 'OPS-2',
    self: 'https://example.atlassian.net/rest/api/2/issue/20002',
    fields: {
      summary: 'Restart the cache',
      project: { key: 'OPS' },
      status: { id: '10003', name: 'Approved' },
      updated: '2026-11-29T19:00:00.000+0000',
      customfield_10050: { value: 'orders-cache' },
    },
  },
})

/** A web request of one's own, with the items of a changelog and no event. */
const ownBody = (): Sample => ({
  timestamp: String(MS),
  issue: postFunction().issue,
  changelog: { id: 9, items: [{ field: 'status', from: 1, to: 10003, fromString: 'Waiting', toString: 'Approved' }] },
})

function ticketOf(body: unknown, headers: Record<string, string> = { 'x-hub-signature': 'fits' }): Ticket {
  const [item] = readBy(jira, body, SETTINGS, { atMs: MS + 60_000, headers })
  return item && 'ticket' in item ? item.ticket : expect.unreachable(JSON.stringify(item))
}

const ruleFor = (when: string) =>
  parseRules(
    `
lists: { caches: { orders-cache: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }
tickets:
  - name: approved
    when: { source: jira, ${when} }
    run: dcs.instance.restart
    target: { instanceId: { field: issue.fields.customfield_10050.value, in: caches } }
`,
    'r.yml',
  )

test('the Automation format has its time as a number, and starts a run if a rule matches', () => {
  const ticket = ticketOf(automation())
  expect(ticket).toMatchObject({ event: 'automation', key: 'OPS-1', occurredAt: new Date(MS).toISOString() })
  expect(matchTicket(ticket, ruleFor('event: automation'), MS + 60_000)).toMatchObject({
    request: { target: { instanceId: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' } },
    late: undefined,
  })
})

describe('a move is a transition in every form', () => {
  const sent = postFunction().transition
  test.for<[string, Sample, object]>([
    ['a post function', postFunction(), { ...sent, fromName: 'Waiting', toName: 'Approved', to: '10003' }],
    [
      'a changelog without an event',
      ownBody(),
      { id: '9', from: '1', to: '10003', fromName: 'Waiting', toName: 'Approved' },
    ],
  ])('by %s', ([, body, transition]) => {
    const ticket = ticketOf(body)
    expect([ticket.event, own(ticket.fields, 'transition')]).toEqual(['transition', transition])
    const when = 'event: transition, fields: { transition.to: "10003", transition.toName: Approved }'
    expect(matchTicket(ticket, ruleFor(when), MS + 60_000)).toHaveProperty('request')
    const other = 'event: transition, fields: { transition.fromName: Done }'
    expect(matchTicket(ticket, ruleFor(other), MS + 60_000)).toHaveProperty('ignored')
  })

  test("rules can match the sender's own fields of it, too: 'transition.to_status'", () => {
    const when = 'event: "*", fields: { transition.to_status: Approved, transition.transitionId: "41" }'
    expect(matchTicket(ticketOf(postFunction()), ruleFor(when), MS + 60_000)).toHaveProperty('request')
  })
})

test.for<[string, () => Sample]>([
  ['a post function', postFunction],
  ['a changelog', ownBody],
  ['an event of Jira', () => ({ ...ownBody(), webhookEvent: 'jira:issue_updated' })],
])('%s that is not signed is no move, whatever token is shown', ([, body]) => {
  const { event, fields } = ticketOf(body(), { 'x-webhook-secret': 'a-token' })
  expect([event === 'transition', Object(own(fields, 'transition')).toName]).toEqual([false, undefined])
})

test.for<[string, (body: Sample) => unknown]>([
  ['the same status before and after', ({ transition }) => Object.assign(transition, { from_status: 'Approved' })],
  ['no status after', ({ transition }) => delete transition.to_status],
  ['an event of another kind', (body) => Object.assign(body, { webhookEvent: 'jira:issue_created' })],
])('with %s it is no move', ([, change]) => {
  const body = postFunction()
  change(body)
  expect(ticketOf(body).event).not.toBe('transition')
})

test('an issue that shows another status than it was moved to has not the id of the new one', () => {
  const body = postFunction()
  body.issue.fields.status = { id: '10001', name: 'Waiting' }
  const { to, toName } = Object(own(ticketOf(body).fields, 'transition'))
  expect([to, toName]).toEqual([undefined, 'Approved'])
})

test('the comment of a post function, which anybody writes, is no field', () => {
  expect(JSON.stringify(ticketOf(postFunction()).fields)).not.toContain('flush everything')
})

test.for<[string, () => Sample, string]>([
  ['a post function', postFunction, 'the event has no id of the move'],
  ['automation that claims a move', () => ({ ...automation(), transition: {} }), 'only a transition can be approved'],
])('%s has no approval', async ([, body, reason]) => {
  const access = { JIRA_URL: 'https://example.atlassian.net', JIRA_USER: 'a@b.c', JIRA_TOKEN: 'a-token-of-jira-1234' }
  expect(
    await jira.approvalDenial?.({ ticket: ticketOf(body()), paths: [], ...FRESH }, { ...SETTINGS, ...access }, noWeb),
  ).toContain(reason)
})

test('automation that claims the id of a move that was approved has no approval', async () => {
  const move = { id: '48213', to: '10003', toName: 'Approved', from_status: 'Approved', to_status: 'Approved' }
  const ticket = ticketOf({ issue: postFunction().issue, timestamp: MS, transition: move })
  const access = { JIRA_URL: 'https://example.atlassian.net', JIRA_USER: 'a@b.c', JIRA_TOKEN: 'a-token-of-jira-1234' }
  expect(await jira.approvalDenial?.({ ticket, paths: [], ...FRESH }, { ...SETTINGS, ...access }, noWeb)).toContain(
    'only a transition',
  )
})
