import { CloudError } from '../../../lib/cloud/errors.ts'
import type { Operation } from '../../../lib/cloud/operation.ts'
import type { Scope } from './current.ts'
import { world } from './current.ts'
import type { FaultKind } from './faults.ts'
import type { Labour } from './labour.ts'
import { STALEST_MS } from './replicas.ts'
import { note } from './request.ts'

/** What a cloud says that is not so. */
export interface Lies {
  /** An answer as of something that was taken on, where nothing was. */
  acceptance<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output>
  /**
   * New work has begun there: no read shows what was before that any more. Work that shows late, and the work before it shown
   * in its place, cannot be told from work that was seen and has ended.
   */
  forget(id: string): void
  /** Whether the failure of the last work on this instance is told as success. */
  isAbout(id: string): boolean
  /** Keeps in mind what a change answered, and how each work that it began will end. */
  remember<Output>(answer: Output, labours: readonly Labour[]): Output
  /** A read, as it may come back. */
  read<Input, Output>(reading: Reading<Input, Output>): Promise<Output>
}

interface Reading<Input, Output> {
  operation: Operation<Input, Output>
  input: Input
  by: Scope
  /** From when on the resource may have shown what was so no more (epoch ms). */
  hiddenSince: number | undefined
  /** The work there has ended, and shows that: of none but its end is a lie told. */
  isOver: boolean
  truly: () => Promise<Output>
  /** The same of a copy that is behind; absent where it would show what other work has left there. */
  older?: () => Promise<Output>
}

interface Seen {
  now: unknown
  before: unknown
  /** When the older state was last true, as far as anybody looked. */
  beforeAt: number
  at: number
  /** The last one was distorted: two in a row would be a state of its own. */
  distorted: boolean
  /** The last one came from a copy that is behind, and so does the next. */
  again?: boolean
}

export function createLies(): Lies {
  const seen = new Map<string, Seen>()
  const unknownUntil = new Map<string, number>()
  /** Jobs and instances whose failure is told as success. */
  const lying = new Set<string>()
  let invented = 0
  const late = new Map<string, number>()
  /** Whether the lists of an instance or a cluster are behind: drawn once for each. */
  const isLate = (id: string): boolean => {
    const { faults, chance } = world()
    const drawn = late.get(id) ?? chance('oddities', `lists ${id}`)
    late.set(id, drawn)
    return drawn < faults.rateOf('cloud lists what was')
  }

  const distort = async <Output>(
    key: string,
    truth: Output,
    { hiddenSince = Number.POSITIVE_INFINITY, older, operation: { name } }: Reading<unknown, Output>,
  ): Promise<Output> => {
    const at = world().clock.now()
    const last = seen.get(key) ?? { now: truth, before: truth, beforeAt: at, at, distorted: true }
    const changed = JSON.stringify(last.now) !== JSON.stringify(truth)
    const earlier = changed ? { before: last.now, beforeAt: last.at } : { before: last.before, beforeAt: last.beforeAt }
    const state: Seen = { now: truth, at, ...earlier, distorted: false }
    seen.set(key, state)
    const isOfList = LISTS.test(name) && isLate(key.split(' ')[1] ?? '')
    if (older && (isOfList || world().faults.rateOf(TWICE) > 0)) {
      const was = await Promise.allSettled([older()]).then(([one]) => one)
      // What it does not know yet, it does not find.
      const isOther = was.status === 'rejected' || JSON.stringify(was.value) !== JSON.stringify(truth)
      const isTwice = isOther && !isOfList && !last.distorted && happens(TWICE)
      if (isOther && isOfList) world().faults.meet('cloud lists what was')
      state.distorted = isTwice || last.again === true
      if (isTwice) state.again = true
      if (isOther && (isOfList || state.distorted))
        note(`shows as of before ${JSON.stringify(was.status === 'fulfilled' ? was.value : String(was.reason))}`)
      if (isOfList || state.distorted) {
        if (was.status === 'rejected') throw was.reason
        return was.value
      }
    }
    if (last.distorted) return truth
    const shown = olderOf({ ...state, beforeAt: Math.min(state.beforeAt, hiddenSince) }) ?? unheardOf(truth)
    if (shown === undefined) return truth
    state.distorted = true
    note(`shows ${JSON.stringify(shown)} instead of ${JSON.stringify(truth)}`)
    return shown as Output // of the same operation, or with another value of the same type
  }

  return {
    acceptance: async (operation, input) => {
      note(`${operation.name} is answered as if it had begun`)
      const orders = (Array.isArray(input) ? input : [input]) as { target?: { instanceId?: string } }[]
      const results = orders.map(({ target }) => ({ instance: target?.instanceId, result: 'success' }))
      const answers = [{ job_id: `job-none-${invented++}` }, { results }, REQUEST, BACKUP]
      const parsed = answers.map((answer) => operation.output.safeParse(answer)).find(({ success }) => success)
      if (!parsed?.data) throw new Error(`no lie fits ${operation.name}`)
      return parsed.data
    },
    isAbout: (id) => lying.has(id),
    forget: (id) => {
      for (const read of ['dcs.instance.show', 'emr.cluster.show']) seen.delete(`${read} ${id}`)
    },
    remember: (answer, labours) => {
      const { faults, clock } = world()
      const { job_id: job, results } = answer as { job_id?: string; results?: { instance: string; result: string }[] }
      const begun = results?.filter(({ result }) => result === 'success') ?? []
      for (const [index, { instance }] of begun.entries()) lying[labours[index]?.lies ? 'add' : 'delete'](instance)
      if (!job) return answer
      if (labours[0]?.lies) lying.add(job)
      if (faults.happens('cloud job unknown for a while'))
        unknownUntil.set(job, clock.now() + Math.floor(faults.measure() * 300_000))
      if (faults.happens('cloud job unknown for ever')) unknownUntil.set(job, Number.POSITIVE_INFINITY)
      return answer
    },
    read: async (reading) => {
      const { operation, input, by, isOver, truly } = reading
      const { jobId, instanceId, clusterId } = input as Record<string, string | undefined>
      const id = jobId ?? instanceId ?? clusterId
      // Of a list, another filter is another read.
      const key = `${operation.name} ${id}${LISTS.test(operation.name) ? ` ${JSON.stringify(input)}` : ''}`
      if (jobId && world().clock.now() < (unknownUntil.get(jobId) ?? 0)) throw unknownJob(operation.name)
      const truth = glossed(await truly(), lying.has(jobId ?? instanceId ?? '') && (isOver || jobId !== undefined))
      return isForRun(by) ? distort(key, truth, reading) : truth
    },
  }
}

const REQUEST = { RequestId: 'request-none' }
const BACKUP = { backup_id: 'backup-none' }

function unknownJob(operation: string): CloudError {
  return new CloudError({ operation, kind: 'invalid', change: 'none', code: 'DCS.4070', what: 'there is no such job' })
}

/** The end of work that failed, told as success. */
function glossed<Output>(truth: Output, lies: boolean): Output {
  const { status } = truth as { status?: unknown }
  if (lies && status === 'FAIL') return { ...truth, status: 'SUCCESS', fail_reason: null }
  return lies && status === 'ERROR' ? { ...truth, status: 'RUNNING' } : truth
}

/** Whether it is read for a run: before it is sent, to follow it, or to find what became of a call without an answer. */
function isForRun({ worker }: Scope): boolean {
  return worker.function === 'poll-run' || worker.function === 'submit-run'
}

const TWICE = 'cloud shows an older state twice'

/** What a cloud keeps in lists. */
const LISTS = /\.list$/

function olderOf({ now, before, beforeAt, at }: Seen): unknown {
  if (before === now || at - beforeAt > STALEST_MS) return undefined
  return happens('cloud shows an older state') ? before : undefined
}

function unheardOf(truth: unknown): unknown {
  const { status } = truth as { status?: unknown }
  if (typeof status !== 'string' || !happens('cloud shows an unknown value')) return undefined
  return { ...(truth as object), status: 'MYSTERIOUS' }
}

const happens = (kind: FaultKind): boolean => world().faults.happens(kind)
