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

/** Atlassian documents the shape of issue events only. */
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
  /** Only in events of a workflow post function. */
  transition: z.unknown().optional(),
})
type Payload = z.infer<typeof Payload>

interface EventContext {
  /** Arrival time (epoch ms). */
  atMs: number
  /** Jira itself signed the body. A sender that only shows a secret can write anything, and approvals are given for moves. */
  isSigned: boolean
  /** Account id of Steadyhand in Jira; its events are ignored. */
  ownAccount: string | undefined
}

/** Reads one event of one issue. Rules may read the payload without free text, and `transition` if the status changed. */
export function readJiraEvent(body: unknown, { atMs, isSigned, ownAccount }: EventContext): DeliveryItem {
  const payload = withIssue(body)
  const parsed = Payload.safeParse(payload)
  if (!parsed.success)
    return { subject: subjectOf(payload), ignored: `not about an issue: ${firstIssueOf(parsed.error)}` }
  const { webhookEvent, issue, comment, user } = parsed.data
  const transition = isSigned ? transitionOf({ ...parsed.data, status: issue.fields?.status }) : undefined
  // A sender that only shows a token is automation, whatever event it names.
  const named = isSigned && webhookEvent ? webhookEvent.replace(/^jira:/, '') : AUTOMATION
  const event = transition ? TRANSITION : named === TRANSITION ? AUTOMATION : named
  const by = user?.accountId ?? comment?.updateAuthor?.accountId ?? comment?.author?.accountId ?? ''
  const time = timeOf(parsed.data)
  const occurredMs = instantMs(time)
  const ignored =
    // A comment beside a transition may quote Steadyhand; the transition is still a person's request.
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
      // `shown` keeps the keys apart: a sender that only shows a token cannot use up the key of a signed event.
      dedupeKey: dedupeKeyOf(issue.id, ...(isSigned ? [] : ['shown']), ...identityOf(parsed.data, event, transition)),
      fields: fieldsOf(payload, transition),
    },
  }
}

/**
 * The parts of a body that identify what happened, and are equal whenever the same happened. A change is identified by its id
 * in the issue's history, whichever event reports it.
 */
function identityOf(
  { changelog, comment, issue, timestamp }: Payload,
  event: string,
  transition: Transition | undefined,
): unknown[] {
  if (changelog?.id) return ['change', changelog.id]
  if (comment?.id) return ['comment', comment.id, event === 'comment_deleted' ? 'deleted' : (comment.updated ?? '')]
  if (/^issue_(created|deleted)$/.test(event)) return [event]
  // Post functions and automation have no id: use what Jira says of the issue, if present.
  return [event, transition?.fromName, transition?.toName, issue.fields?.updated ?? timestamp]
}

/** Event name of a body that names none: an automation rule sent it. */
const AUTOMATION = 'automation'
/** Our own event name; Jira uses it for none. */
const TRANSITION = 'transition'

/** Automation sends `{ issue, … }` (Jira format) or the issue alone (Automation format). */
function withIssue(body: unknown): unknown {
  const isBare = own(body, 'issue') === undefined && own(body, 'key') !== undefined && own(body, 'fields') !== undefined
  return isBare ? { issue: body } : body
}

/** Fields in which anybody who may see the issue can write, now or in the past. */
const FREE_TEXT = new Set([
  ...['summary', 'description', 'environment', 'body', 'renderedBody', 'renderedFields'],
  ...['changelog', 'worklog', 'attachment'],
])

/** Post functions send the comment as text. */
function isFreeText(key: string, holder: object): boolean {
  return FREE_TEXT.has(key) || (key === 'comment' && typeof own(holder, key) === 'string')
}

/** Fields that a move is compared by with its approval: only the move itself sets them, never the sender. */
const MOVE_FIELDS_UNSET = { id: undefined, from: undefined, to: undefined, fromName: undefined, toName: undefined }

/** The payload, with the move added to whatever the sender says of it. */
function fieldsOf(payload: unknown, transition: Transition | undefined): unknown {
  const fields = Object(withoutFreeText(payload, isFreeText))
  return transition
    ? { ...fields, transition: { ...Object(own(fields, 'transition')), ...MOVE_FIELDS_UNSET, ...transition } }
    : fields
}

function subjectOf(payload: unknown): string {
  const event = own(payload, 'webhookEvent')
  return typeof event === 'string' && event !== '' ? textOf(event, 100) : 'jira'
}

/** As written. Automation may give no time. */
function timeOf({ timestamp, issue }: Payload): unknown {
  return timestamp ?? issue.fields?.updated ?? undefined
}
