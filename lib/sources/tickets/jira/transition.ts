import * as z from 'zod'
import { textOf } from '../../../basics/text-of.ts'
import { own } from '../../field-of.ts'
import { Id } from '../id.ts'

/** A move of an issue from one status to another. By id where it is told: people rename statuses. */
export interface Transition {
  /** Of the change, in the history. */
  id?: string | undefined
  from?: string | undefined
  to?: string | undefined
  fromName: string
  toName: string
}

/** What tells of a move, of an event of Jira. */
interface Told {
  webhookEvent?: string | null | undefined
  changelog?: { id?: string | null | undefined; items?: unknown[] | null | undefined } | null | undefined
  transition?: unknown
  status?: unknown
}

/** The move that an event tells of, whichever form it has; undefined where it tells of none. */
export function transitionOf(told: Told): Transition | undefined {
  // An issue that is created, as a copy of another, was not moved.
  if (told.webhookEvent && told.webhookEvent !== 'jira:issue_updated') return undefined
  return byChangelog(told) ?? byPostFunction(told)
}

/** From the first status to the last, where there are several. */
function byChangelog({ changelog }: Told): Transition | undefined {
  const moves = (changelog?.items ?? []).filter((item) => /^status$/i.test(textAt(item, 'field')))
  const [first, last] = [moves.at(0), moves.at(-1)]
  const [from, to] = [textAt(first, 'from'), textAt(last, 'to')]
  if (from === '' || to === '' || from === to) return undefined
  const names = { fromName: textAt(first, 'fromString'), toName: textAt(last, 'toString') }
  return { id: changelog?.id ?? undefined, from, to, ...names }
}

const Status = z.object({ id: Id, name: z.string().nullish() })

/**
 * The workflow post function "Trigger a Webhook": names, and the id of the status that the issue has now, unless that is
 * another than it was moved to.
 */
function byPostFunction({ transition, status }: Told): Transition | undefined {
  const [fromName, toName] = [textAt(transition, 'from_status'), textAt(transition, 'to_status')]
  if (fromName === '' || toName === '' || fromName === toName) return undefined
  const { id, name } = Status.safeParse(status).data ?? {}
  return { to: name === toName ? id : undefined, fromName, toName }
}

function textAt(item: unknown, key: string): string {
  const value = own(item, key)
  return typeof value === 'string' || typeof value === 'number' ? textOf(String(value)) : ''
}
