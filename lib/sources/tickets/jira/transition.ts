import * as z from 'zod'
import { textOf } from '../../../basics/text-of.ts'
import { own } from '../../field-of.ts'
import { Id } from '../id.ts'

/** A move of an issue from one status to another. Ids are absent if the event has none; names alone may change. */
export interface Transition {
  /** Id of the change in the history. */
  id?: string | undefined
  from?: string | undefined
  to?: string | undefined
  fromName: string
  toName: string
}

/** The parts of a Jira event that can describe a move. */
interface MoveEvent {
  webhookEvent?: string | null | undefined
  changelog?: { id?: string | null | undefined; items?: unknown[] | null | undefined } | null | undefined
  transition?: unknown
  status?: unknown
}

/** The move that an event describes, in either of its two forms; undefined if it describes none. */
export function transitionOf(event: MoveEvent): Transition | undefined {
  // An issue that is created as a copy has a changelog, but was not moved.
  if (event.webhookEvent && event.webhookEvent !== 'jira:issue_updated') return undefined
  return fromChangelog(event) ?? fromPostFunction(event)
}

/** Several moves in one change count as one, from the first status to the last. */
function fromChangelog({ changelog }: MoveEvent): Transition | undefined {
  const moves = (changelog?.items ?? []).filter((item) => /^status$/i.test(textAt(item, 'field')))
  const [first, last] = [moves.at(0), moves.at(-1)]
  const [from, to] = [textAt(first, 'from'), textAt(last, 'to')]
  if (from === '' || to === '' || from === to) return undefined
  const names = { fromName: textAt(first, 'fromString'), toName: textAt(last, 'toString') }
  return { id: changelog?.id ?? undefined, from, to, ...names }
}

const Status = z.object({ id: Id, name: z.string().nullish() })

/** The workflow post function "Trigger a Webhook" sends names only. `to` is the status id, if the names agree. */
function fromPostFunction({ transition, status }: MoveEvent): Transition | undefined {
  const [fromName, toName] = [textAt(transition, 'from_status'), textAt(transition, 'to_status')]
  if (fromName === '' || toName === '' || fromName === toName) return undefined
  const { id, name } = Status.safeParse(status).data ?? {}
  return { to: name === toName ? id : undefined, fromName, toName }
}

function textAt(item: unknown, key: string): string {
  const value = own(item, key)
  return typeof value === 'string' || typeof value === 'number' ? textOf(String(value)) : ''
}
