import * as z from 'zod'
import { firstIssueOf } from '../../../basics/field-issues.ts'
import { textOf } from '../../../basics/text-of.ts'
import { dedupeKeyOf } from '../../dedupe-key.ts'
import { own } from '../../field-of.ts'
import { instantMs, whenOf } from '../../instant.ts'
import type { DeliveryItem } from '../../source.ts'
import { isOwnText, OWN_ACTION } from '../../ticket.ts'
import { withoutFreeText } from '../free-text.ts'
import { Id } from '../id.ts'
import { outsideWindow } from '../replay-window.ts'
import { documentText } from './document-text.ts'
import { ISSUE_KEY } from './rest.ts'
import { type Transition, transitionOf } from './transition.ts'

const User = z.object({ accountId: z.string().nullish() }).nullish().catch(undefined)

/** Atlassian documents that of issue events; of the others it says no more than what they are about. */
const Payload = z.object({
  webhookEvent: z
    .string()
    .regex(/^[\w:-]{1,100}$/)
    .nullish(),
  /** When Jira raised the event (epoch ms). */
  timestamp: z.unknown().optional(),
  user: User,
  issue: z.object({
    id: Id,
    key: z.string().regex(ISSUE_KEY),
    fields: z
      .object({
        summary: z.string().nullish().catch(undefined),
        updated: z.unknown().optional(),
        status: z.unknown().optional(),
      })
      .nullish(),
  }),
  changelog: z
    .object({ id: Id.nullish(), items: z.array(z.unknown()).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  comment: z
    .object({
      id: Id.nullish(),
      author: User,
      updateAuthor: User,
      body: z.unknown().optional(),
      updated: z.unknown().optional(),
    })
    .nullish()
    .catch(undefined),
  /** Of a workflow post function. */
  transition: z.unknown().optional(),
})
type Payload = z.infer<typeof Payload>

/**
 * One event of one issue. What a rule may read is what came, without free text, and with `transition` where its status changed.
 * @param isSigned by Jira itself: who only shows a secret may say anything, and a move is what approvals are given for
 * @param ownAccount what this account does is no news to us
 */
export function readJiraEvent(
  body: unknown,
  atMs: number,
  isSigned: boolean,
  ownAccount: string | undefined,
): DeliveryItem {
  const payload = withIssue(body)
  const parsed = Payload.safeParse(payload)
  if (!parsed.success)
    return { subject: aboutOf(payload), ignored: `not about an issue: ${firstIssueOf(parsed.error)}` }
  const { webhookEvent, issue, comment, user } = parsed.data
  const transition = isSigned ? transitionOf({ ...parsed.data, status: issue.fields?.status }) : undefined
  // What only shows a token is automation, whatever it says of itself.
  const named = isSigned && webhookEvent ? webhookEvent.replace(/^jira:/, '') : AUTOMATION
  const event = transition ? TRANSITION : named === TRANSITION ? AUTOMATION : named
  const by = user?.accountId ?? comment?.updateAuthor?.accountId ?? comment?.author?.accountId ?? ''
  const time = timeOf(parsed.data)
  const occurredMs = instantMs(time)
  const ignored =
    // A comment that comes with a transition may quote us; the transition is somebody's wish all the same.
    by === ownAccount || (!transition && isOwnText(documentText(comment?.body)))
      ? OWN_ACTION
      : outsideWindow(occurredMs, atMs)
  if (ignored) return { subject: issue.key, ignored }
  return {
    ticket: {
      source: 'jira',
      event,
      key: issue.key,
      by: textOf(by),
      reason: textOf(issue.fields?.summary),
      ...whenOf(occurredMs, time),
      // Apart: who only shows a token cannot use up the keys of what Jira signs.
      dedupeKey: dedupeKeyOf(issue.id, ...(isSigned ? [] : ['shown']), ...happeningOf(parsed.data, event, transition)),
      fields: fieldsOf(payload, transition),
    },
  }
}

/**
 * What of a body tells one happening to an issue from another: nothing that may differ where the same has happened. A change is
 * one by the id of its entry in the issue's history, whatever else is said of it, also by another event.
 */
function happeningOf(
  { changelog, comment, issue, timestamp }: Payload,
  event: string,
  transition: Transition | undefined,
): unknown[] {
  if (changelog?.id) return ['change', changelog.id]
  if (comment?.id) return ['comment', comment.id, event === 'comment_deleted' ? 'deleted' : (comment.updated ?? '')]
  if (/^issue_(created|deleted)$/.test(event)) return [event]
  // Of a post function, or of automation: by what Jira says of the issue, where it says it.
  return [event, transition?.fromName, transition?.toName, issue.fields?.updated ?? timestamp]
}

/** The event of what says none: an automation rule was run. */
const AUTOMATION = 'automation'
/** Our name for an event, which Jira gives to none. */
const TRANSITION = 'transition'

/** Automation sends `{ issue, … }` (Jira format) or the bare issue (Automation format). */
function withIssue(body: unknown): unknown {
  const isBare = own(body, 'issue') === undefined && own(body, 'key') !== undefined && own(body, 'fields') !== undefined
  return isBare ? { issue: body } : body
}

/** Anybody who may see the issue writes there, or wrote there once. */
const FREE_TEXT = new Set([
  ...['summary', 'description', 'environment', 'body', 'renderedBody', 'renderedFields'],
  ...['changelog', 'worklog', 'attachment'],
])

/** In post functions the comment is a text. */
function isFreeText(key: string, holder: object): boolean {
  return FREE_TEXT.has(key) || (key === 'comment' && typeof own(holder, key) === 'string')
}

/** By these a move is held against its approval: nothing but the move itself says them. */
const UNSAID = { id: undefined, from: undefined, to: undefined, fromName: undefined, toName: undefined }

/** What came, and the move beside whatever else the sender says of it. */
function fieldsOf(payload: unknown, transition: Transition | undefined): unknown {
  const fields = Object(withoutFreeText(payload, isFreeText))
  return transition
    ? { ...fields, transition: { ...Object(own(fields, 'transition')), ...UNSAID, ...transition } }
    : fields
}

function aboutOf(payload: unknown): string {
  const event = own(payload, 'webhookEvent')
  return typeof event === 'string' && event !== '' ? textOf(event, 100) : 'jira'
}

/** As it is written. Automation may give no time of its own. */
function timeOf({ timestamp, issue }: Payload): unknown {
  return timestamp ?? issue.fields?.updated ?? undefined
}
