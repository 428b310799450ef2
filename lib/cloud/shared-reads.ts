import type { Call, CallContext } from './call.ts'
import { CloudError, type ErrorKind } from './errors.ts'
import { memo } from './memo.ts'
import type { Operation, SharedRead, WorkPage } from './operation.ts'

/** Two reads of a kind within this time are worth a list. A single run is read by itself. */
const TOGETHER_MS = 10_000

/** More pages cost more than they save. */
const MAX_PAGES = 10

/** A list that failed is left alone for so long, and each resource is read by itself. */
const PAUSE_MS = 60_000

/** The same for a list that this account or region does not have. */
const LONG_PAUSE_MS = 15 * 60_000

/** Kinds of failures in which reads would hardly fare better: a thousand of them at once would make it worse. */
const NO_ANSWER: ReadonlySet<ErrorKind> = new Set(['throttled', 'unavailable', 'timeout', 'network'])

/** More kinds than one process reads, in all accounts and regions. */
const MAX_KINDS = 200

/** A list that was read, or is being read. */
interface List {
  begunAtMs: number
  deadlineAtMs: number
  /** Resource -> the answer of its read. */
  atWork: Promise<ReadonlyMap<string, unknown>>
}

interface Kind {
  list?: List | undefined
  /** When such a read was wanted last. */
  wantedAtMs?: number
  /** When a list failed, and for how long none is tried. */
  failedAtMs?: number
  pauseMs?: number
}

/**
 * Answers reads that declare `shared` from one list for all who want them within seconds.
 *
 * A list may lag behind, for it may come from a replica, a cache, or seconds ago. It is therefore believed in one thing only: that
 * a resource is **still at work**. A resource that is not listed, or is listed with any other value, is read by itself in the same
 * look. A list thus saves reads of work that goes on; it neither ends a run nor proves anything. Callers allow one (`listAgeMs`)
 * only for work that a read of its own has shown, and not after the deadline: then a list that is stuck delays a run at most.
 *
 * Lists are kept apart by cloud, service, account, region and kind, in this process alone. If a list fails because the cloud does
 * not answer, so do the reads that waited for it; if it fails for any other reason, they are made one by one.
 */
export function withSharedReads(call: Call, nowMs: () => number): Call {
  const kindOf = memo(MAX_KINDS, (): Kind => ({}))
  return async (operation, input, context) => {
    const { shared } = operation
    if (!shared || context.listAgeMs === undefined) return call(operation, input, context)
    const kind = kindOf(nameOf(operation, shared, context))
    const list = listFor(kind, { context, nowMs }, (within) => readPages(call, shared.list, within))
    const answer = list && (await answerIn(list, shared, input))
    return answer ?? call(operation, input, context)
  }
}

function nameOf(
  { service }: Pick<Operation, 'service'>,
  { kind }: { kind: string },
  { account = '', region }: CallContext,
): string {
  return `${service.provider}/${service.name}/${account}/${region}/${kind}`
}

/** @returns a list that is young enough, an old one or a new one; undefined where the read is to be made by itself */
function listFor(
  kind: Kind,
  { context, nowMs }: { context: CallContext; nowMs: () => number },
  read: (context: CallContext) => Promise<ReadonlyMap<string, unknown>>,
): List | undefined {
  const now = nowMs()
  const { list, wantedAtMs, failedAtMs, pauseMs } = kind
  kind.wantedAtMs = now
  if (list && isWithin(list.begunAtMs, context.listAgeMs, now)) {
    // The reader would have no time left to read by itself.
    return list.deadlineAtMs < context.deadlineAtMs ? list : undefined
  }
  if (!isWithin(wantedAtMs, TOGETHER_MS, now) || isWithin(failedAtMs, pauseMs, now)) return undefined
  // Half of the time is left for reads of what is not listed.
  const deadlineAtMs = now + (context.deadlineAtMs - now) / 2
  const begun: List = { begunAtMs: now, deadlineAtMs, atWork: read({ ...context, deadlineAtMs }) }
  begun.atWork.catch((error: unknown) => {
    if (kind.list === begun) kind.list = undefined
    kind.failedAtMs = nowMs()
    kind.pauseMs = isNoAnswer(error) ? PAUSE_MS : LONG_PAUSE_MS
  })
  kind.list = begun
  return begun
}

/** Whether an instant lies so far back. After a clock was set back, none does. */
function isWithin(atMs: number | undefined, ms: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && ms !== undefined && nowMs >= atMs && nowMs - atMs <= ms
}

/** @returns undefined where the list does not show the resource at work */
async function answerIn<Input, Output>(
  { atWork }: List,
  { keyOf }: SharedRead<Input, Output>,
  input: Input,
): Promise<Output | undefined> {
  try {
    return (await atWork).get(keyOf(input)) as Output | undefined // lists of a kind have the answers of its reads
  } catch (error) {
    if (error instanceof CloudError && !isNoAnswer(error)) return undefined
    throw error
  }
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof CloudError && NO_ANSWER.has(error.facts.kind)
}

async function readPages<Output>(
  call: Call,
  list: Operation<{ page: number }, WorkPage<Output>>,
  context: CallContext,
): Promise<ReadonlyMap<string, Output>> {
  const found = new Map<string, Output>()
  for (let page = 0, seen = 0; page < MAX_PAGES; page++) {
    const { rows, total, atWork } = await call(list, { page }, context)
    for (const [key, answer] of atWork) found.set(key, answer)
    seen += rows
    if (rows === 0 || seen >= total) break
  }
  return found
}
