import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyError } from '../../../lib/http/body.ts'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import type { Ticket } from '../../../lib/sources/ticket.ts'
import { github } from '../../../lib/sources/tickets/github.ts'
import { placesIn, readBy, type Sample, sampleOf } from '../sample.ts'

const SECRETS = { WEBHOOK_GITHUB_SECRETS: 'first-secret-of-github' }
const NOW = Date.parse('2026-11-20T03:13:00Z')

const sample = (name: string): Sample => sampleOf('github', name)

function read(payload: unknown, { own = {}, headers = {} as Record<string, string> } = {}): DeliveryItem {
  const items = readBy(github, payload, github.settings.parse({ ...SECRETS, ...own }), { atMs: NOW, headers })
  expect(items).toHaveLength(1)
  return items[0] as DeliveryItem // counted above
}

function ticketOf(payload: unknown): Ticket {
  const item = read(payload)
  if (!('ticket' in item)) throw new Error(`no ticket: ${JSON.stringify(item)}`)
  return item.ticket
}

/** What rules may read of a payload. */
const TEXTS = ['title', 'body', 'description']
const trimmed = (payload: Sample) =>
  JSON.parse(JSON.stringify(payload, (key, value) => (TEXTS.includes(key) ? undefined : value)))

describe('samples', () => {
  const KEY = expect.stringMatching(/^[0-9a-f]{64}$/)

  test('an event of a label has that label and all others', () => {
    const payload = sample('labeled-restart')
    expect(read(payload)).toEqual({
      ticket: {
        source: 'github',
        event: 'issues.labeled',
        key: 'example-org/operations#87',
        by: 'bo-operator',
        reason: 'orders-cache answers slowly',
        occurredAt: '2026-11-20T03:12:07.000Z',
        dedupeKey: KEY,
        fields: {
          ...trimmed(payload),
          labels: { target: 'orders-cache', run: 'restart' },
          label: 'run:restart',
        },
      },
    })
  })

  test('an opened issue gives no text of its author', () => {
    const payload = sample('opened')
    expect(read(payload)).toEqual({
      ticket: {
        source: 'github',
        event: 'issues.opened',
        key: 'example-org/operations#87',
        by: 'ada-requester',
        reason: 'orders-cache answers slowly',
        occurredAt: '2026-11-20T03:05:44.000Z',
        dedupeKey: KEY,
        fields: { ...trimmed(payload), labels: {} },
      },
    })
  })

  test('ping is ignored', () => {
    expect(read(sample('ping'))).toEqual({ subject: 'ping', ignored: 'it is a test' })
  })

  test('our own comment is ignored', () => {
    expect(read(sample('own-comment'))).toEqual({
      subject: 'example-org/operations#87',
      ignored: 'Steadyhand caused this event itself',
    })
  })
})

test('a comment of somebody else is an event of its own, without its text', () => {
  const payload = sample('own-comment')
  payload.comment.body = 'target:catalog-cache'
  payload.sender.login = 'ada-requester'
  const { event, fields, occurredAt } = ticketOf(payload)
  expect({ event, occurredAt }).toEqual({ event: 'issue_comment.created', occurredAt: '2026-11-20T03:12:52.000Z' })
  expect(JSON.stringify(fields)).not.toContain('catalog-cache')
})

test.for(['Steadyhand-Bot', 'steadyhand-bot'])('events of %s count as our own', (login) => {
  const payload = sample('labeled-restart')
  payload.sender.login = 'steadyhand-bot'
  expect(read(payload, { own: { GITHUB_OWN_LOGIN: login } })).toEqual({
    subject: 'example-org/operations#87',
    ignored: 'Steadyhand caused this event itself',
  })
})

test('somebody without a login is not us', () => {
  expect(read({ ...sample('labeled-restart'), sender: null })).toMatchObject({ ticket: { by: '' } })
})

test.for<[string, string[], Record<string, string>]>([
  ['a key and a value', ['target:orders-cache'], { target: 'orders-cache' }],
  ['spaces around', ['target : orders-cache '], { target: 'orders-cache' }],
  ['a colon in the value', ['url:http://x'], { url: 'http://x' }],
  ['two values of a key, which name nothing', ['target:a', 'target:b', 'run:restart'], { run: 'restart' }],
  ['no colon', ['bug'], {}],
  ['no value', ['target:'], {}],
  ['no key', [':orders-cache'], {}],
  [
    'names of what objects inherit',
    ['toString:x', '__proto__:y'],
    Object.fromEntries([
      ['toString', 'x'],
      ['__proto__', 'y'],
    ]),
  ],
])('labels with %s', ([, names, labels]) => {
  const payload = sample('labeled-restart')
  payload.issue.labels = [null, 7, {}, ...names.map((name) => ({ name }))]
  const { fields } = ticketOf(payload) as { fields: Sample }
  expect(Object.entries(fields.labels)).toEqual(Object.entries(labels))
})

test('the header that names the event is not believed', () => {
  const headers = { 'x-github-event': 'issue_comment' }
  expect(read(sample('labeled-restart'), { headers })).toMatchObject({ ticket: { event: 'issues.labeled' } })
})

describe('ignored', () => {
  const changed = (change: (payload: Sample) => void) => {
    const payload = sample('labeled-restart')
    change(payload)
    return payload
  }
  const key = 'example-org/operations#87'
  test.for<[string, unknown, string, string]>([
    ['a push', { ref: 'refs/heads/main', repository: {} }, 'github', 'not about an issue: action: is missing'],
    [
      'no action',
      changed((payload) => {
        payload.action = undefined
      }),
      'github',
      'not about an issue: action: is missing',
    ],
    [
      'no issue',
      changed((payload) => {
        payload.issue = undefined
      }),
      'github',
      'not about an issue: issue: is missing',
    ],
    ['no object', null, 'github', 'not about an issue: body: must be an object, not null'],
    [
      'a comment that cannot be read',
      changed((payload) => {
        payload.comment = 'x'
      }),
      'github',
      'not about an issue: comment: must be an object, not a string',
    ],
    [
      'more than a day old',
      changed((payload) => {
        payload.issue.updated_at = '2026-11-19T03:12:59Z'
      }),
      key,
      'older than a day',
    ],
    [
      'ahead',
      changed((payload) => {
        payload.issue.updated_at = '2026-11-20T03:18:01Z'
      }),
      key,
      'more than 5 min in the future',
    ],
  ])('%s', ([, payload, subject, ignored]) => {
    expect(read(payload)).toEqual({ subject, ignored })
  })
})

describe('the key', () => {
  const keyOf = (change: (payload: Sample) => void, name = 'labeled-restart') => {
    const payload = sample(name)
    change(payload)
    return ticketOf(payload).dedupeKey
  }
  const same = keyOf(() => undefined)

  test('is the same for whatever else the payload says', () => {
    expect(keyOf((payload) => Object.assign(payload, { sender: null, installation: { id: 1 } }))).toBe(same)
  })

  test.for<[string, (payload: Sample) => void]>([
    ['repository', ({ repository }) => Object.assign(repository, { id: 1 })],
    ['issue', ({ issue }) => Object.assign(issue, { id: 1 })],
    ['action', (payload) => Object.assign(payload, { action: 'unlabeled' })],
    ['label', ({ label }) => Object.assign(label, { id: 1 })],
    ['time', ({ issue }) => Object.assign(issue, { updated_at: '2026-11-20T03:12:08Z' })],
    ['event', (payload) => Object.assign(payload, { comment: { id: 6401882931 } })],
  ])('is another for another %s', ([, change]) => {
    expect(keyOf(change)).not.toBe(same)
  })
})

describe('parse', () => {
  const parse = (body: string) => github.parse?.(Buffer.from(body))

  test('a body in JSON is read', () => {
    expect(parse('{"zen":"x"}')).toEqual({ zen: 'x' })
  })

  test.for([
    [
      'payload=%7B%22zen%22%3A%22x%22%7D',
      'the body is a form: set the content type of this webhook to application/json',
    ],
    ['{', 'the body is not JSON'],
  ])('%s is refused', ([body = '', message = '']) => {
    expect(() => parse(body)).toThrow(BodyError)
    expect(() => parse(body)).toThrow(message)
  })
})

test.for([
  ['labeled-restart', 'issues'],
  ['own-comment', 'issue_comment'],
  ['ping', 'ping'],
])('%s is sent as %s', ([name = '', event]) => {
  const settings = github.settings.parse(SECRETS)
  const { headers } = github.sign(JSON.stringify(sample(name)), settings, { id: 'd-1', atMs: 0 })
  expect(headers).toMatchObject({
    'x-github-event': event,
    'x-github-delivery': 'd-1',
    'content-type': 'application/json',
  })
})

test('any body gives an item and no error', () => {
  const hostile = fc.oneof(fc.jsonValue(), fc.constantFrom('toString', null, 1e300, '\ud800', 'x'.repeat(2000), []))
  fc.assert(
    fc.property(fc.constantFrom('labeled-restart', 'own-comment', 'ping'), fc.nat(), hostile, (name, at, value) => {
      const payload = sample(name)
      const places = placesIn(payload)
      const [holder, key] = places[at % places.length] ?? [payload, 'issue']
      holder[key] = value
      const item = read(JSON.parse(JSON.stringify(payload)))
      const { fields: _, ...told } = 'ticket' in item ? item.ticket : { fields: 0, ...item }
      const texts = Object.values(told).map(String)
      expect(texts.filter((text) => !text.isWellFormed() || text.length > 500)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})
