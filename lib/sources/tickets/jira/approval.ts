import * as z from 'zod'
import { fieldOf } from '../../field-of.ts'
import type { ApprovalQuestion, FetchText } from '../../source.ts'
import { type ApprovalClaim, claimDenial, ISSUE_FIELD } from './approval-claim.ts'
import { ISSUE_KEY, readJiraRecord, UnreadableError } from './rest.ts'

/** Paths that a rule may read beside issue fields: they describe the event, which does not change any more. */
const EVENT_PATH = /^(transition\.\w+|issue\.(key|id)|user\.accountId|webhookEvent|issue_event_type_name)$/

const Move = z.object({ id: z.string().optional(), to: z.string().min(1), toName: z.string() })

interface JiraSettings {
  JIRA_URL?: string | undefined
  JIRA_USER?: string | undefined
  JIRA_TOKEN?: string | undefined
}

/**
 * Checks that the issue was moved because somebody else approved it, and that it still is what was approved. Jira is asked,
 * because Jira Service Management sends no event of an approval, and people who may move or edit an issue may not be allowed
 * to approve it.
 * @returns the reason for a denial; undefined if it is approved
 * @throws {UnreachableError} if the sender may try again
 */
export async function jiraApprovalDenial(
  question: ApprovalQuestion,
  { JIRA_URL: url, JIRA_USER: user, JIRA_TOKEN: token }: JiraSettings,
  fetchText: FetchText,
): Promise<string | undefined> {
  if (!url || !user || !token) return 'the approval cannot be read from Jira: set JIRA_URL, JIRA_USER and JIRA_TOKEN'
  const claim = claimOf(question)
  if (typeof claim === 'string') return claim
  try {
    const record = await readJiraRecord({ url, user, token, fetchText }, question.ticket.key, claim.fieldIds)
    return claimDenial(claim, record)
  } catch (error) {
    if (error instanceof UnreadableError) return error.message
    throw error
  }
}

/** @returns a text if the ticket can claim no approval: the reason */
function claimOf(question: ApprovalQuestion): ApprovalClaim | string {
  const { ticket, paths } = question
  // In any other event, `transition` is whatever the sender wrote, and no move.
  const isMove = ticket.event === 'transition'
  const move = isMove ? Move.safeParse(fieldOf(ticket.fields, 'transition')).data : undefined
  // An approval is good for one move, which is known by its id.
  if (isMove && fieldOf(ticket.fields, 'transition.id') === undefined) return NO_MOVE_ID
  if (!move || !ISSUE_KEY.test(ticket.key)) return 'only a transition can be approved'
  const uncovered = paths.find((path) => !ISSUE_FIELD.test(path) && !EVENT_PATH.test(path))
  if (uncovered !== undefined) return `the rule reads ${uncovered}, which an approval does not cover`
  const fieldIds = new Set(paths.flatMap((path) => ISSUE_FIELD.exec(path)?.[1] ?? []))
  // The move itself changes the status; `claimDenial` checks it.
  fieldIds.delete('status')
  return { ...question, move, fieldIds: [...fieldIds] }
}

const NO_MOVE_ID =
  'the event has no id of the move: approvals work with webhooks of Jira, not with automation or post functions'
