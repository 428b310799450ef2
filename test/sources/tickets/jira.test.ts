import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { own } from '../../../lib/sources/field-of.ts'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import type { Ticket } from '../../../lib/sources/ticket.ts'
import { jira } from '../../../lib/sources/tickets/jira.ts'
import { placesIn, readBy, type Sample, sampleOf } from '../sample.ts'

const OWN = '557058:0d7a5e13-92fb-4c84-b6e1-48c3a9f2706d'
const BO = '557058:e2b94d70-15c8-4f6a-9d33-7a0c86f1e5d2'
const ADA = '557058:6c1f0a52-3b7e-4d19-8a40-2f9e5d7c1b08'
const SECRETS = { WEBHOOK_JIRA_SECRETS: 'first-secret-of-jira' }
const NOW = Date.parse('2026-11-20T03:13:00Z')

const sample = (name: string): Sample => sampleOf('jira', name)

/** What Jira has signed. */
const SIGNED = { 'x-hub-signature': 'fits' }

function read(body: unknown, own: Record<string, string> = {}, headers: Record<string, string> = SIGNED): DeliveryItem {
  const items = readBy(jira, body, jira.settings.parse({ ...SECRETS, ...own }), { atMs: NOW, headers })
  expect(items).toHaveLength(1)
  return items[0] as DeliveryItem // counted above
}

function ticketOf(body: unknown, headers: Record<string, string> = SIGNED): Ticket {
  const item = read(body, {}, headers)
  if (!('ticket' in item)) throw new Error(`no ticket: ${JSON.stringify(item)}`)
  return item.ticket
}

describe('samples', () => {
  const KEY = expect.stringMatching(/^[0-9a-f]{64}$/)
  const withoutTexts = (body: Sample) => {
    const { summary, description, environment, attachment, ...fields } = body.issue.fields
    const { changelog, ...issue } = body.issue
    return { ...body, changelog: undefined, issue: { ...issue, fields }, comment: undefined }
  }
  // The sample's own descriptions of statuses and types are texts, too.
  const trimmed = (body: Sample) =>
    JSON.parse(JSON.stringify(body, (key, value) => (key === 'description' ? undefined : value)))

  test('a change that was approved and moved on is a transition', () => {
    const body = sample('approved-flush')
    expect(read(body)).toEqual({
      ticket: {
        source: 'jira',
        event: 'transition',
        key: 'OPS-1234',
        by: BO,
        reason: 'Flush the catalogue cache',
        occurredAt: '2026-11-20T03:12:07.344Z',
        dedupeKey: KEY,
        fields: {
          ...trimmed(withoutTexts(body)),
          transition: { id: '48213', from: '10101', to: '10102', fromName: 'Awaiting approval', toName: 'Approved' },
        },
      },
    })
  })

  test('an issue that was created is no transition', () => {
    const body = sample('created')
    expect(read(body)).toEqual({
      ticket: {
        source: 'jira',
        event: 'issue_created',
        key: 'OPS-1235',
        by: ADA,
        reason: 'Flush the catalogue cache',
        occurredAt: '2026-11-20T02:55:31.050Z',
        dedupeKey: KEY,
        fields: trimmed(withoutTexts(body)),
      },
    })
  })

  test('a comment is one without its text, by who wrote it', () => {
    const body = sample('comment')
    const { body: _, ...comment } = body.comment
    expect(read(body)).toEqual({
      ticket: {
        source: 'jira',
        event: 'comment_created',
        key: 'OPS-1234',
        by: ADA,
        reason: 'Flush the catalogue cache',
        occurredAt: '2026-11-20T03:12:31.870Z',
        dedupeKey: KEY,
        fields: { ...trimmed(withoutTexts(body)), comment },
      },
    })
  })

  test('our own comment is ignored', () => {
    expect(read(sample('own-comment'))).toEqual({ subject: 'OPS-1234', ignored: 'Steadyhand caused this event itself' })
  })

  test('an automation rule has an event of its own', () => {
    const body = sample('automation')
    expect(read(body)).toEqual({
      ticket: {
        source: 'jira',
        event: 'automation',
        key: 'OPS-1236',
        by: BO,
        reason: 'Restart the orders cache',
        occurredAt: '2026-11-20T03:12:20.000Z',
        dedupeKey: KEY,
        fields: trimmed(withoutTexts(body)),
      },
    })
  })
})

const document = (...content: unknown[]) => ({ type: 'doc', version: 1, content: [{ type: 'paragraph', content }] })
const text = (of: string, marks: unknown[] = []) => ({ type: 'text', text: of, marks })
const MARK = 'run_5e1c0b9f7a3d4826b1f05c9e84a7d230'

describe('own writing', () => {
  test.for<[string, string, (body: Sample) => void]>([
    ['our mark', 'comment', ({ comment }) => Object.assign(comment, { body: `steadyhand ${MARK}` })],
    [
      'our mark in a document, in pieces',
      'comment',
      ({ comment }) => Object.assign(comment, { body: document(text('steadyhand '), text(MARK, [{ type: 'code' }])) }),
    ],
    [
      'our mark in a later paragraph',
      'comment',
      ({ comment }) =>
        Object.assign(comment, {
          body: { content: [...document(text('done')).content, ...document(text(`steadyhand ${MARK}`)).content] },
        }),
    ],
    ['our account as the author', 'comment', ({ comment }) => Object.assign(comment.updateAuthor, { accountId: OWN })],
    ['our account as the user', 'approved-flush', ({ user }) => Object.assign(user, { accountId: OWN })],
    [
      'the update that a comment of ours is',
      'approved-flush',
      (body) => Object.assign(body, { changelog: undefined, ...pick(sample('own-comment')) }),
    ],
  ])('%s is ignored', ([, name, change]) => {
    const body = sample(name)
    change(body)
    expect(read(body, { JIRA_OWN_ACCOUNT: OWN })).toEqual({
      subject: 'OPS-1234',
      ignored: 'Steadyhand caused this event itself',
    })
  })

  test('who moves an issue and quotes us moves it all the same', () => {
    expect(ticketOf({ ...sample('approved-flush'), ...pick(sample('own-comment')) }).event).toBe('transition')
  })

  test('somebody without an account is not us', () => {
    const { user, ...body } = sample('automation')
    expect(ticketOf(body).by).toBe('')
  })

  function pick({ comment }: Sample) {
    return { comment }
  }
})

describe('events', () => {
  const item = (of: object) => ({
    field: 'status',
    fieldId: 'status',
    from: '1',
    fromString: 'A',
    to: '2',
    toString: 'B',
    ...of,
  })
  const eventOf = (items: unknown) => {
    const { event, fields } = ticketOf({ ...sample('approved-flush'), changelog: { id: 7, items } })
    return [event, own(fields, 'transition')]
  }
  const move = { id: '7', from: '1', to: '2', fromName: 'A', toName: 'B' }

  test.for<[string, unknown, unknown]>([
    ['no item', [], undefined],
    ['no list of items', 'items', undefined],
    ['another field', [item({ field: 'priority' })], undefined],
    ['a status that was renamed, and is the same', [item({ to: '1' })], undefined],
    ['a status without an id', [item({ from: null })], undefined],
    ['Status in capitals', [item({ field: 'Status' })], move],
    ['numbers for ids', [item({ from: 1, to: 2 })], move],
    [
      'several items, by the first and the last',
      [item({}), item({ from: '2', fromString: 'B', to: '3', toString: 'C' })],
      { ...move, to: '3', toName: 'C' },
    ],
    ['several items that lead back', [item({}), item({ from: '2', to: '1' })], undefined],
    ['odd items beside a good one', [null, 7, [], 'x', item({})], move],
  ])('%s', ([, items, transition]) => {
    expect(eventOf(items)).toEqual([transition ? 'transition' : 'issue_updated', transition])
  })

  test('an inherited property of an item names no status', () => {
    const { toString: _, ...inheriting } = item({})
    expect(eventOf([inheriting])).toEqual(['transition', { ...move, toName: '' }])
  })

  test('an issue that is created with a status before, as a copy may be, is no transition', () => {
    const changelog = { id: 7, items: [item({})] }
    expect(ticketOf({ ...sample('created'), changelog }).event).toBe('issue_created')
  })

  test('a transition that the payload claims for itself is none, and stays as it was sent', () => {
    const { event, fields } = ticketOf({ ...sample('automation'), transition: { to: '10102' } })
    expect([event, own(fields, 'transition')]).toEqual(['automation', { to: '10102' }])
  })

  const { changelog, ...unchanged } = sample('approved-flush')
  const { id } = changelog
  const looksApproved = { id, to: '10102', toName: 'Approved' }

  test.for([
    ['that only shows a token, of an event', { webhookEvent: 'transition' }, {}],
    ['that only shows a token, of an event of Jira', { webhookEvent: 'jira:transition' }, {}],
    ['that only shows a token, with a change', { changelog }, {}],
    ['that is signed', { webhookEvent: 'jira:transition' }, SIGNED],
  ] as const)('a claimed transition %s is automation', ([, claimed, headers]) => {
    expect(ticketOf({ ...unchanged, transition: looksApproved, ...claimed }, headers).event).toBe('automation')
  })

  test('a post function cannot say which change it was', () => {
    const transition = { ...looksApproved, from: '1', from_status: 'Awaiting approval', to_status: 'Approved' }
    const { event, fields } = ticketOf({ ...unchanged, webhookEvent: undefined, transition })
    expect(event).toBe('transition')
    expect(own(fields, 'transition')).toMatchObject({ id: undefined, from: undefined, toName: 'Approved' })
  })

  test('a sender that only shows a token does not use up the key of a signed event', () => {
    const body = sample('approved-flush')
    expect(ticketOf(body, {}).dedupeKey).not.toBe(ticketOf(body).dedupeKey)
  })

  test('free text can be read nowhere', () => {
    const texts = { summary: 'T', description: 'T', environment: 'T', renderedBody: 'T', body: 'T' }
    const body = { ...sample('approved-flush'), comment: { id: '1', ...texts } }
    Object.assign(body.issue.fields, texts, {
      parent: { key: 'OPS-1', fields: texts },
      comment: { comments: [texts] },
      worklog: { worklogs: [{ comment: 'T' }] },
    })
    Object.assign(body.issue, {
      renderedFields: { x: 'T' },
      changelog: { histories: [{ items: [{ toString: 'T' }] }] },
    })
    expect(JSON.stringify(ticketOf(body).fields)).not.toContain('"T"')
  })

  test.for<[string, (body: Sample) => unknown]>([
    ['the Automation format', ({ issue }) => issue],
    ['the Jira format', ({ issue }) => ({ issue })],
  ])('%s is read, at the time of the issue', ([, change]) => {
    const { dedupeKey, occurredAt, event, key } = ticketOf(change(sample('automation')))
    expect({ occurredAt, event, key }).toEqual({
      occurredAt: '2026-11-20T03:12:19.733Z',
      event: 'automation',
      key: 'OPS-1236',
    })
    // When it was sent, the rule chose: the issue says when it was updated.
    expect(dedupeKey).toBe(ticketOf(sample('automation')).dedupeKey)
  })
})

describe('ignored', () => {
  test.for<[string, (body: Sample) => unknown, string, string]>([
    [
      'no issue',
      ({ issue, ...body }) => ({ ...body, webhookEvent: 'sprint_started' }),
      'sprint_started',
      'not about an issue: issue: is missing',
    ],
    ['no object', () => null, 'jira', 'not about an issue: body: must be an object, not null'],
    ['more than a day old', (body) => ({ ...body, timestamp: NOW - 86_400_001 }), 'OPS-1234', 'older than a day'],
    [
      'more than five minutes ahead',
      (body) => ({ ...body, timestamp: NOW + 300_001 }),
      'OPS-1234',
      'more than 5 min in the future',
    ],
  ])('%s', ([, change, subject, ignored]) => {
    expect(read(change(sample('approved-flush')))).toEqual({ subject, ignored })
  })

  test.for(['../../x', 'ops-1', 'OPS-1/../../y', 'OPS', 'OPS-1\n', 'OPS-1?x', ''])('the key %j', (key) => {
    const body = sample('approved-flush')
    body.issue.key = key
    expect(read(body)).toEqual({
      subject: 'jira:issue_updated',
      ignored: expect.stringMatching(/^not about an issue: issue.key: /),
    })
  })

  test('a day old to the second is not', () => {
    expect(ticketOf({ ...sample('approved-flush'), timestamp: String(NOW - 86_400_000) }).occurredAt).toBe(
      '2026-11-19T03:13:00.000Z',
    )
  })
})

describe('the key', () => {
  const keyOf = (change: (body: Sample) => void, name = 'approved-flush') => {
    const body = sample(name)
    change(body)
    return ticketOf(body).dedupeKey
  }
  const same = keyOf(() => undefined)

  test.for<[string, (body: Sample) => void]>([
    [
      'later state of the issue',
      ({ issue }) => Object.assign(issue.fields, { updated: '2026-11-20T03:12:30.000+0000' }),
    ],
    ['user', (body) => Object.assign(body, { user: null })],
    ['time of the body', (body) => Object.assign(body, { timestamp: body.timestamp + 1 })],
    ['comment beside it', (body) => Object.assign(body, { comment: { id: '31600' } })],
    ['name of the event, or none', (body) => Object.assign(body, { webhookEvent: undefined })],
    ['event of the same change', (body) => Object.assign(body, { webhookEvent: 'jira:issue_deleted' })],
  ])('is the same with another %s', ([, change]) => {
    expect(keyOf(change)).toBe(same)
  })

  test.for<[string, (body: Sample) => void]>([
    ['issue', ({ issue }) => Object.assign(issue, { id: '20418' })],
    ['change', ({ changelog }) => Object.assign(changelog, { id: '48214' })],
  ])('is another of another %s', ([, change]) => {
    expect(keyOf(change)).not.toBe(same)
  })

  test('is another of another comment', () => {
    expect(keyOf(({ comment }) => Object.assign(comment, { id: '31599' }), 'comment')).not.toBe(
      keyOf(() => undefined, 'comment'),
    )
  })
})

describe('settings', () => {
  const access = {
    JIRA_URL: 'https://example.atlassian.net',
    JIRA_USER: 'ops@example.com',
    JIRA_TOKEN: 'a-token-of-jira-1234',
  }
  const problems = (settings: object) =>
    jira.settings.safeParse({ ...SECRETS, ...settings }).error?.issues.map(({ path }) => path.join('.')) ?? []

  test.for<[string, object, string[]]>([
    ['only secrets', {}, []],
    ['empty access', { JIRA_URL: '', JIRA_USER: '', JIRA_TOKEN: '', JIRA_OWN_ACCOUNT: '' }, []],
    ['the whole access', access, []],
    ['a site with a final slash', { ...access, JIRA_URL: 'https://example.atlassian.net/' }, []],
    ['half the access', { JIRA_URL: access.JIRA_URL }, ['JIRA_USER', 'JIRA_TOKEN']],
    ['a site without TLS', { ...access, JIRA_URL: 'http://example.atlassian.net' }, ['JIRA_URL']],
    ['a site with a path', { ...access, JIRA_URL: 'https://example.atlassian.net/jira' }, ['JIRA_URL']],
    [
      'a site as a user of another',
      { ...access, JIRA_URL: 'https://example.atlassian.net@evil.example' },
      ['JIRA_URL'],
    ],
    ['a site with a query', { ...access, JIRA_URL: 'https://example.atlassian.net?x' }, ['JIRA_URL']],
    ['a site with a fragment', { ...access, JIRA_URL: 'https://example.atlassian.net#x' }, ['JIRA_URL']],
    ['a site with credentials', { ...access, JIRA_URL: 'https://a:b@example.atlassian.net' }, ['JIRA_URL']],
    ['a short secret', { WEBHOOK_JIRA_SECRETS: 'short' }, ['WEBHOOK_JIRA_SECRETS.0']],
    ['no secret', { WEBHOOK_JIRA_SECRETS: ' ,' }, ['WEBHOOK_JIRA_SECRETS']],
  ])('%s', ([, settings, expected]) => {
    expect(problems(settings)).toEqual(expected)
  })
})

test('any body gives an item and no error', () => {
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('toString', '__proto__', null, 1e300, '\ud800', 'x'.repeat(2000), []),
  )
  const names = ['approved-flush', 'comment', 'automation']
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), hostile, (name, at, value) => {
      const body = sample(name)
      const places = placesIn(body)
      const [holder, key] = places[at % places.length] ?? [body, 'issue']
      holder[key] = value
      const item = read(JSON.parse(JSON.stringify(body)))
      expect(Object.keys(item)).toSatisfy((keys: string[]) => keys[0] === 'ticket' || keys.includes('ignored'))
      expect(textsOf(item).filter((text) => !text.isWellFormed() || text.length > 500)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

/** For people; `fields` is for rules, and is as it came. */
function textsOf(item: DeliveryItem): string[] {
  const { fields: _, ...told } = 'ticket' in item ? item.ticket : { fields: 0, ...item }
  return Object.values(told).map(String)
}

test('a comment that is deeper than any stack is read', () => {
  const deep = `${'{"content":['.repeat(5000)}${']}'.repeat(5000)}`
  const body = sample('comment')
  body.comment.body = JSON.parse(deep)
  expect(ticketOf(body).event).toBe('comment_created')
})

test('a body that is deeper than any stack is read', () => {
  const body = sample('approved-flush')
  body.issue.fields.customfield_1 = JSON.parse('['.repeat(5000) + ']'.repeat(5000))
  expect(ticketOf(body).event).toBe('transition')
})
