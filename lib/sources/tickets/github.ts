import * as z from 'zod'
import { firstIssueOf } from '../../basics/field-issues.ts'
import { textOf } from '../../basics/text-of.ts'
import { BodyError, parseStrictJson } from '../../http/body.ts'
import { dedupeKeyOf } from '../dedupe-key.ts'
import { own } from '../field-of.ts'
import { instantMs, whenOf } from '../instant.ts'
import { OptionalSetting } from '../settings.ts'
import { type DeliveryItem, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION } from '../ticket.ts'
import { unsignedId } from '../verify/headers.ts'
import { hubSignature, verifyHubSignature } from '../verify/hub-signature.ts'
import { Secrets } from '../verify/secrets.ts'
import { withoutFreeText } from './free-text.ts'
import { Id } from './id.ts'
import { outsideWindow } from './replay-window.ts'

const Settings = z.object({
  WEBHOOK_GITHUB_SECRETS: Secrets.describe(
    'Secrets of `POST /webhooks/github`, separated by commas; two while one is replaced',
  ),
  GITHUB_OWN_LOGIN: OptionalSetting(z.string().max(100)).describe(
    'Login of Steadyhand in GitHub; events that it causes are ignored',
  ),
})
type Settings = z.infer<typeof Settings>

const SIGNATURE_HEADER = 'x-hub-signature-256'

/** GitHub issues. People who may set labels decide what runs; free text, which anybody can write, is left out. */
export const github = webhookSource({
  name: 'github',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_GITHUB_SECRETS: { use: 'signs', lets: 'send any event as `github`' },
  },
  says: {
    verifiedBy: '`X-Hub-Signature-256` (HMAC-SHA256 of the body)',
    dedupedBy: 'repository, issue, action, label or comment, and time, all from the body',
    ignores: '`ping`; events without an issue; events older than a day; our own comments',
    knownFrom: 'documentation',
  },
  verify: (request, { WEBHOOK_GITHUB_SECRETS }) => {
    verifyHubSignature(request, SIGNATURE_HEADER, WEBHOOK_GITHUB_SECRETS)
    return unsignedId(request.headers, 'x-github-delivery')
  },
  parse: (body) => {
    if (!body.subarray(0, FORM.length).equals(FORM)) return parseStrictJson(body)
    throw new BodyError(400, 'the body is a form: set the content type of this webhook to application/json')
  },
  read: (payload, { atMs, settings }) => [readGithub(payload, atMs, settings)],
  sign: (body, { WEBHOOK_GITHUB_SECRETS: [secret = ''] }, { id }) => ({
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': id,
      'x-github-event': eventHeaderOf(body),
      [SIGNATURE_HEADER]: hubSignature(secret, body),
    },
  }),
})

/** The first bytes of a body of type `application/x-www-form-urlencoded`. */
const FORM = Buffer.from('payload=')

const Identified = z.object({ id: Id }).nullish().catch(undefined)

/** Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues */
const Payload = z.object({
  action: z.string().regex(/^[a-z_]{1,50}$/),
  issue: z.object({
    id: Id,
    number: z.number().int().positive(),
    title: z.string().nullish().catch(undefined),
    updated_at: z.unknown().optional(),
    labels: z.array(z.unknown()).nullish().catch(undefined),
  }),
  repository: z.object({ id: Id, full_name: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/) }),
  sender: z.object({ login: z.string() }).nullish().catch(undefined),
  label: z
    .object({ id: Id, name: z.string().optional().catch(undefined) })
    .nullish()
    .catch(undefined),
  assignee: Identified,
  milestone: Identified,
  comment: z.object({ id: Id, body: z.unknown().optional(), updated_at: z.unknown().optional() }).nullish(),
})
type Payload = z.infer<typeof Payload>

/** Fields in which anybody can write. */
const FREE_TEXT = new Set(['title', 'body', 'body_text', 'body_html', 'description', 'changes'])

/** Reads the event from the body, which is signed; the header that names the event is not. */
function readGithub(payload: unknown, atMs: number, { GITHUB_OWN_LOGIN }: Settings): DeliveryItem {
  if (own(payload, 'zen') !== undefined && own(payload, 'issue') === undefined) {
    return { subject: 'ping', ignored: 'it is a test' }
  }
  const parsed = Payload.safeParse(payload)
  if (!parsed.success) return { subject: 'github', ignored: `not about an issue: ${firstIssueOf(parsed.error)}` }
  const { action, issue, repository, sender, label, comment } = parsed.data
  const key = `${repository.full_name}#${issue.number}`
  const by = sender?.login ?? ''
  const occurredMs = timeOf(parsed.data)
  const isOwn = by.toLowerCase() === GITHUB_OWN_LOGIN?.toLowerCase() || isOwnText(comment?.body)
  const ignored = isOwn ? OWN_ACTION : outsideWindow(occurredMs, atMs)
  if (ignored) return { subject: key, ignored }
  const event = `${comment ? 'issue_comment' : 'issues'}.${action}`
  return {
    ticket: {
      source: 'github',
      event,
      key,
      by: textOf(by),
      reason: textOf(issue.title),
      ...whenOf(occurredMs, issue.updated_at),
      dedupeKey: dedupeKeyOf(repository.id, issue.id, event, changedIdOf(parsed.data), occurredMs ?? issue.updated_at),
      fields: {
        ...Object(withoutFreeText(payload, (key) => FREE_TEXT.has(key))),
        labels: labelsOf(issue.labels ?? []),
        label: label?.name,
      },
    },
  }
}

/** To the second: labels that are set at once have the same time, and differ by `changedIdOf`. */
function timeOf({ issue, comment }: Payload): number | undefined {
  const times = [issue.updated_at, comment?.updated_at].flatMap((time) => instantMs(time) ?? [])
  return times.length > 0 ? Math.max(...times) : undefined
}

/** Id of what the event set, removed or added; '' for other actions. */
function changedIdOf({ label, assignee, milestone, comment }: Payload): string {
  return comment?.id ?? label?.id ?? assignee?.id ?? milestone?.id ?? ''
}

const Label = z.object({ name: z.string() })

/** Labels of the form `key:value`. A key with two values is ambiguous and left out. */
function labelsOf(labels: unknown[]): Record<string, string> {
  const pairs = labels.flatMap((label): [string, string][] => {
    const [, key, value] = /^([^:]+):(.+)$/s.exec(Label.safeParse(label).data?.name ?? '') ?? []
    return key !== undefined && value !== undefined ? [[key.trim(), value.trim()]] : []
  })
  const byKey = Map.groupBy(pairs, ([key]) => key)
  return Object.fromEntries(pairs.filter(([key]) => byKey.get(key)?.length === 1))
}

/** The event name that GitHub sends with such a body. */
function eventHeaderOf(body: string): string {
  const payload: unknown = JSON.parse(body)
  if (own(payload, 'zen') !== undefined) return 'ping'
  return own(payload, 'comment') === undefined ? 'issues' : 'issue_comment'
}
