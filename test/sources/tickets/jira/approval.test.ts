import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createFetchText, TooLongError, UnreachableError } from '../../../../lib/sources/fetch-text.ts'
import type { DeliveryItem, FetchText } from '../../../../lib/sources/source.ts'
import type { Ticket } from '../../../../lib/sources/ticket.ts'
import { jira } from '../../../../lib/sources/tickets/jira.ts'
import { ACCESS, type Body, decided, instant, jiraOf, type Site } from './site.ts'

const ADA = '557058:6c1f0a52-3b7e-4d19-8a40-2f9e5d7c1b08'
const BO = '557058:e2b94d70-15c8-4f6a-9d33-7a0c86f1e5d2'
const CY = '557058:41d0c7be-8f25-4b93-a1e6-d90f3b5c7a64'

const SECRETS = { WEBHOOK_JIRA_SECRETS: 'first-secret-of-jira' }
const TARGET = 'issue.fields.customfield_10050.value'
const PATHS = [TARGET, 'issue.fields.project.key', 'transition.to']

const sample = (): Body =>
  JSON.parse(readFileSync(`${import.meta.dirname}/../../../../events/jira/approved-flush.json`, 'utf8'))

function ticketOf(change: (body: Body) => void = () => undefined): Ticket {
  const body = sample()
  change(body)
  const request = {
    method: 'POST',
    headers: { 'x-hub-signature': 'fits' },
    query: {},
    body: Buffer.from(''),
    atMs: body.timestamp,
    deliveryId: undefined,
    settings: jira.settings.parse(SECRETS),
  }
  const [item] = jira.read(body, request, unasked) as DeliveryItem[] // it answers at once
  if (!item || !('ticket' in item)) throw new Error('no ticket')
  return item.ticket
}

/** The sample was moved at 03:12:07.3: approved just before, chosen by who asked for it. */
const APPROVED = '2026-11-20T03:12:07.100Z'
const approval = (of: object = {}) => ({
  id: '871',
  name: 'Approval',
  finalDecision: 'approved',
  canAnswerApproval: false,
  approvers: [decided(BO, 'approved'), decided(CY, 'pending')],
  createdDate: instant('2026-11-20T02:58:00.000Z'),
  completedDate: instant(APPROVED),
  ...of,
})
const change = (id: string, created: string, item: object, accountId: string = ADA) => ({
  id,
  author: { accountId },
  created: created.replace('Z', '+0000'),
  items: [{ field: 'status', fieldtype: 'jira', fieldId: 'status', from: '10101', to: '10102', ...item }],
})
const CHOICE = { field: 'Cache', fieldtype: 'custom', fieldId: 'customfield_10050', from: '10230', to: '10231' }
const CHOSEN = change('48205', '2026-11-20T02:56:02.100Z', CHOICE)
const handedOver = (of: object, by: string) =>
  change('48206', '2026-11-20T02:57:00.000Z', { field: 'reporter', fieldId: 'reporter', ...of }, by)
const MOVED = change('48213', '2026-11-20T03:12:07.291Z', {}, BO)

function site(): Site {
  const { id, key, fields } = sample().issue
  return { approvals: [approval()], issue: { id, key, fields }, changes: [CHOSEN, MOVED] }
}

/** Eight minutes later, by a rule of two hours. */
const FRESH = { nowMs: Date.parse('2026-11-20T03:20:00Z'), maxAgeMinutes: 120 }

function approvalDenial(
  of: Site,
  { ticket = ticketOf(), paths = PATHS, access = ACCESS as object, fresh = FRESH } = {},
) {
  return jira.approvalDenial?.(
    { ticket, paths, ...fresh },
    jira.settings.parse({ ...SECRETS, ...access }),
    jiraOf(of).fetchText,
  )
}

test('an issue that somebody else approved and nobody changed is approved, after three requests', async () => {
  const { fetchText, asked } = jiraOf(site())
  const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
  expect(
    await jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, fetchText),
  ).toBeUndefined()
  expect(asked).toEqual([
    'https://example.atlassian.net/rest/servicedeskapi/request/OPS-1234/approval?limit=50',
    'https://example.atlassian.net/rest/api/2/issue/OPS-1234?fields=status,reporter,creator,customfield_10050,project',
    'https://example.atlassian.net/rest/api/2/issue/OPS-1234/changelog?startAt=0&maxResults=100',
  ])
})

test.for<[string, (of: Site) => void]>([
  [
    'was declined first, and asked for again',
    ({ approvals }) =>
      approvals.push(approval({ finalDecision: 'declined', createdDate: instant('2026-11-19T10:00:00Z') })),
  ],
  [
    'was moved a moment before its approval was written down',
    ({ approvals }) => Object.assign(approvals[0], { completedDate: instant('2026-11-20T03:12:40.000Z') }),
  ],
  [
    'was changed elsewhere since',
    ({ changes }) => changes.push(change('48214', '2026-11-20T03:12:08.000Z', { field: 'Link', fieldId: null })),
  ],
  ['has the reporter hidden', ({ issue }) => Object.assign(issue.fields, { reporter: null })],
  ['has a number where the webhook had a text', ({ issue }) => Object.assign(issue, { id: 20417 })],
])('an issue that %s is approved', async ([, alter]) => {
  const of = site()
  alter(of)
  expect(await approvalDenial(of)).toBeUndefined()
})

describe('denies', () => {
  const ageOf = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      change(String(at), '2026-11-20T02:57:00.000Z', { field: 'labels', fieldId: 'labels' }),
    )

  test.for<[string, (of: Site) => void, string]>([
    [
      'an issue that nobody was asked to approve',
      ({ approvals }) => approvals.splice(0),
      'nobody was asked to approve it',
    ],
    [
      'a pending approval',
      ({ approvals }) => Object.assign(approvals[0], { finalDecision: 'pending', completedDate: undefined }),
      'the approval is pending',
    ],
    [
      'an approval that is pending again',
      ({ approvals }) =>
        approvals.push(approval({ finalDecision: 'pending', createdDate: instant('2026-11-20T03:12:09Z') })),
      'the approval is pending',
    ],
    [
      'an approval while an older one is pending',
      ({ approvals }) =>
        approvals.push(approval({ finalDecision: 'pending', createdDate: instant('2026-11-20T02:57:00Z') })),
      'the approval is pending',
    ],
    [
      'a declined approval',
      ({ approvals }) => Object.assign(approvals[0], { finalDecision: 'declined' }),
      'the approval is declined',
    ],
    [
      'an approval that was declined later',
      ({ approvals }) =>
        approvals.push(approval({ finalDecision: 'declined', createdDate: instant('2026-11-20T03:12:09Z') })),
      'the approval is declined',
    ],
    [
      'an approval without a time',
      ({ approvals }) => Object.assign(approvals[0], { completedDate: undefined }),
      'Jira does not say when it was approved',
    ],
    [
      'an approval by nobody',
      ({ approvals }) => Object.assign(approvals[0], { approvers: [decided(BO, 'pending')] }),
      'Jira does not say who approved it',
    ],
    [
      'an approval by somebody hidden',
      ({ approvals }) => Object.assign(approvals[0], { approvers: [{ approver: {}, approverDecision: 'approved' }] }),
      'Jira does not say who approved it',
    ],
    [
      'an approval by its reporter',
      ({ issue }) => Object.assign(issue.fields, { reporter: { accountId: BO } }),
      'an approver also requested it',
    ],
    [
      'an approval by its creator',
      ({ issue }) => Object.assign(issue.fields, { creator: { accountId: BO } }),
      'an approver also requested it',
    ],
    [
      'an approval by its reporter, among others',
      ({ approvals }) => approvals[0].approvers.push(decided(ADA, 'approved')),
      'an approver also requested it',
    ],
    [
      'one whom nobody asked for',
      ({ issue }) => Object.assign(issue.fields, { reporter: null, creator: null }),
      'Jira does not say who requested it',
    ],
    [
      'an approval by who chose the target',
      ({ changes }) => changes.splice(0, 1, { ...CHOSEN, author: { accountId: BO } }),
      'an approver may have set customfield_10050',
    ],
    [
      'an approval by who chose the target once, and somebody else last',
      ({ changes }) => changes.unshift({ ...CHOSEN, author: { accountId: BO } }),
      'an approver may have set customfield_10050',
    ],
    [
      'an approval by who was its reporter once',
      ({ changes }) => changes.unshift(handedOver({ from: BO, to: ADA }, CY)),
      'an approver also requested it',
    ],
    [
      'an approval by who was its reporter in between',
      ({ changes }) => changes.unshift(handedOver({ from: ADA, to: BO }, CY), handedOver({ from: BO, to: ADA }, CY)),
      'an approver also requested it',
    ],
    [
      'an approval by who made somebody else its reporter',
      ({ changes }) => changes.unshift(handedOver({ from: CY, to: ADA }, BO)),
      'an approver may have changed the reporter',
    ],
    [
      'a reporter who was changed by nobody',
      ({ changes }) => changes.unshift({ ...handedOver({ from: CY, to: ADA }, BO), author: null }),
      'an approver may have changed the reporter',
    ],
    [
      'a target that was changed while its approval was pending',
      ({ changes }) => changes.splice(1, 0, change('48207', '2026-11-20T03:01:00.000Z', CHOICE)),
      'customfield_10050 was changed after the approval was requested',
    ],
    [
      'a target that was chosen by nobody',
      ({ changes }) => changes.splice(0, 1, { ...CHOSEN, author: null }),
      'an approver may have set customfield_10050',
    ],
    [
      'another status by now',
      ({ issue }) => Object.assign(issue.fields, { status: { id: '10100' } }),
      'the issue is no longer in Approved',
    ],
    [
      'a move that Jira does not know',
      ({ changes }) => changes.pop(),
      'the issue was not moved to Approved after its approval',
    ],
    [
      'a move long before the approval',
      ({ approvals }) => Object.assign(approvals[0], { completedDate: instant('2026-11-20T03:14:00Z') }),
      'the issue was not moved to Approved after its approval',
    ],
    [
      'a second move by one approval',
      ({ changes }) => changes.splice(1, 0, change('48210', '2026-11-20T03:12:07.120Z', {}, BO)),
      'the approval was for another move to Approved',
    ],
    [
      'a second move by one approval, told from the newest',
      ({ changes }) => {
        changes.splice(1, 0, change('48210', '2026-11-20T03:12:07.120Z', {}, BO))
        changes.reverse()
      },
      'the approval was for another move to Approved',
    ],
    [
      'a target that was changed since',
      ({ changes }) => changes.push(change('48214', '2026-11-20T03:12:08.000Z', CHOICE)),
      'customfield_10050 was changed after the approval was requested',
    ],
    [
      'a target that was changed since, and back',
      ({ changes }) =>
        changes.push(
          change('48214', '2026-11-20T03:12:08.000Z', CHOICE),
          change('48215', '2026-11-20T03:12:09.000Z', CHOICE),
        ),
      'customfield_10050 was changed after the approval was requested',
    ],
    [
      'a later change of an unknown custom field',
      ({ changes }) => changes.push(change('48214', '2026-11-20T03:12:08.000Z', { ...CHOICE, fieldId: null })),
      'customfield_10050 was changed after the approval was requested',
    ],
    [
      'another target by now',
      ({ issue }) => Object.assign(issue.fields.customfield_10050, { value: 'orders-cache' }),
      `${TARGET} differs from the value in Jira`,
    ],
    [
      'no target by now',
      ({ issue }) => Object.assign(issue.fields, { customfield_10050: null }),
      `${TARGET} differs from the value in Jira`,
    ],
    [
      'another issue of that key',
      ({ issue }) => Object.assign(issue, { id: '7' }),
      'issue.id differs from the value in Jira',
    ],
    [
      'an issue that has another key by now',
      ({ issue }) => Object.assign(issue, { key: 'DEV-9' }),
      'issue.key differs from the value in Jira',
    ],
    [
      'more history than is read',
      ({ changes }) => changes.unshift(...ageOf(499)),
      'the approval cannot be read from Jira: the issue has more than 500 changes',
    ],
    [
      'an odd answer',
      ({ approvals }) => Object.assign(approvals[0], { finalDecision: 7 }),
      'the approval cannot be read from Jira: the answer is not in the documented form (values.0.finalDecision)',
    ],
    [
      'a change without a readable time',
      ({ changes }) => Object.assign(changes, [{ ...CHOSEN, created: 'then' }, MOVED]),
      'the approval cannot be read from Jira: the answer is not in the documented form (values.0.created)',
    ],
  ])('%s', async ([, alter, message]) => {
    const of = site()
    alter(of)
    expect(await approvalDenial(of)).toBe(message)
  })

  test.for([
    [7, 120, undefined],
    [119, 120, undefined],
    [121, 120, 'it was approved and moved 121 min ago; the limit is 120 min'],
    [14_400, 120, 'it was approved and moved 14400 min ago; the limit is 120 min'],
    [61, 60, 'it was approved and moved 61 min ago; the limit is 60 min'],
  ] as const)(
    'an approval %d min ago with a limit of %d min, whatever time the body has: %s',
    async ([minutes, maxAgeMinutes, why]) => {
      const nowMs = Date.parse(APPROVED) + minutes * 60_000
      expect(await approvalDenial(site(), { fresh: { nowMs, maxAgeMinutes } })).toBe(why)
    },
  )

  test('more approvals than are read', async () => {
    const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
    const { fetchText } = jiraOf(site())
    const paged: FetchText = async (...asked) => {
      const { status, text } = await fetchText(...asked)
      return { status, text: text.replace('"isLastPage":true', '"isLastPage":false') }
    }
    expect(await jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, paged)).toBe(
      'the approval cannot be read from Jira: the issue has more than 50 approvals',
    )
  })

  test('a value that is missing, then and now', async () => {
    const path = 'issue.fields.customfield_10052.value'
    expect(await approvalDenial(site(), { paths: [path] })).toBe(`${path} differs from the value in Jira`)
  })

  test('a change on the second page of the history', async () => {
    const of = site()
    of.changes.unshift(...ageOf(150))
    of.changes.push(change('48214', '2026-11-20T03:12:08.000Z', CHOICE))
    expect(await approvalDenial(of)).toBe('customfield_10050 was changed after the approval was requested')
  })

  test.for<[string, object]>([
    ['no access', {}],
    ['empty access', { JIRA_URL: '', JIRA_USER: '', JIRA_TOKEN: '' }],
  ])('%s, without a request', async ([, access]) => {
    const { fetchText, asked } = jiraOf(site())
    const settings = jira.settings.parse({ ...SECRETS, ...access })
    expect(await jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, fetchText)).toBe(
      'the approval cannot be read from Jira: set JIRA_URL, JIRA_USER and JIRA_TOKEN',
    )
    expect(asked).toEqual([])
  })

  test.for<[string, Ticket, string[], string]>([
    [
      'an event that is no transition',
      ticketOf((body) => Object.assign(body, { changelog: null })),
      PATHS,
      'only a transition can be approved',
    ],
    ['a key that leads elsewhere', { ...ticketOf(), key: 'OPS-1/../../x' }, PATHS, 'only a transition can be approved'],
    [
      'a rule that reads of a comment',
      ticketOf(),
      [...PATHS, 'comment.id'],
      'the rule reads comment.id, which an approval does not cover',
    ],
    [
      'a rule that reads odd fields',
      ticketOf(),
      ['issue.fields.a,*all.value'],
      'the rule reads issue.fields.a,*all.value, which an approval does not cover',
    ],
  ])('%s, without a request', async ([, ticket, paths, message]) => {
    const { fetchText, asked } = jiraOf(site())
    const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
    expect(await jira.approvalDenial?.({ ticket, paths, ...FRESH }, settings, fetchText)).toBe(message)
    expect(asked).toEqual([])
  })

  test.for<[number, string]>([
    [401, 'JIRA_USER and JIRA_TOKEN are not accepted'],
    [403, 'JIRA_USER may not see the request and its approvals'],
    [404, 'JIRA_USER sees no such request with approvals'],
    [302, 'Jira answered 302'],
  ])('%i, and says what to correct', async ([status, mend]) => {
    const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
    const answer = jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, async () => ({
      status,
      text: '<html>',
    }))
    expect(await answer).toBe(`the approval cannot be read from Jira: ${mend}`)
  })

  test('an answer that is too long', async () => {
    const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
    const answer = jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, async () => {
      throw new TooLongError('GET example.atlassian.net/x: the answer has more than 10 bytes')
    })
    expect(await answer).toBe('the approval cannot be read from Jira: the answer is too long')
  })

  test('an answer that is no JSON', async () => {
    const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
    const answer = jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, async () => ({
      status: 200,
      text: '<html>',
    }))
    expect(await answer).toBe('the approval cannot be read from Jira: the answer is not in the documented form (body)')
  })
})

test('the approval itself may change a status that the rule reads', async () => {
  expect(await approvalDenial(site(), { paths: [...PATHS, 'issue.fields.status.name'] })).toBeUndefined()
})

test.for([429, 500, 503])('%i makes Jira try again', async (status) => {
  const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
  const answer = jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, async () => ({
    status,
    text: '',
  }))
  await expect(answer).rejects.toThrow(UnreachableError)
})

test('no address in the payload is visited', async () => {
  const ticket = ticketOf(({ issue }) => Object.assign(issue, { self: 'https://elsewhere.example/rest/api/2/issue/1' }))
  const { fetchText, asked } = jiraOf(site())
  await jira.approvalDenial?.(
    { ticket, paths: PATHS, ...FRESH },
    jira.settings.parse({ ...SECRETS, ...ACCESS }),
    fetchText,
  )
  expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([ACCESS.JIRA_URL]))
})

test('a redirect takes the token nowhere', async () => {
  const shown: [origin: string, authorization: string | null][] = []
  const fetchText = createFetchText(async (url, { headers, redirect }) => {
    const authorization = new Headers(headers).get('authorization')
    shown.push([url.origin, authorization])
    if (redirect !== 'manual') shown.push(['https://elsewhere.example', authorization])
    return new Response('', { status: 302, headers: { location: 'https://elsewhere.example/' } })
  })
  const settings = jira.settings.parse({ ...SECRETS, ...ACCESS })
  const answer = await jira.approvalDenial?.({ ticket: ticketOf(), paths: PATHS, ...FRESH }, settings, fetchText)
  const basic = `Basic ${btoa(`${ACCESS.JIRA_USER}:${ACCESS.JIRA_TOKEN}`)}`
  expect(answer).toBe('the approval cannot be read from Jira: Jira answered 302')
  expect(shown).toEqual(Array(3).fill([ACCESS.JIRA_URL, basic]))
})

async function unasked(): Promise<never> {
  throw new Error('a request was sent')
}
