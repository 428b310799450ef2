import type { LocalQueueName } from '../../../../lib/local/sqlite/queue.ts'
import { whole } from '../chance.ts'
import { world } from '../current.ts'
import type { Lambda } from '../lambda.ts'
import type { Queues } from '../queues.ts'
import { note } from '../request.ts'
import type { Table } from '../table.ts'
import type { Template } from '../template.ts'
import { createDisk } from './disk.ts'
import { createHands } from './hands.ts'
import { beginLife, endLife, type Life, MACHINE } from './life.ts'
import { createListener } from './listener.ts'
import { createMessages } from './messages.ts'
import { createUses, seenPorts } from './ports.ts'
import { type Process, startProcess } from './process.ts'
import { seenQueue } from './queue.ts'
import { createRecords } from './records.ts'
import { checkStart } from './start.ts'
import { createTrouble } from './trouble.ts'
import type { Watch } from './watch.ts'
import { createWrites } from './writes.ts'

/** One machine with one process, all of `lib/local` but its sockets: whatever lives there dies together. */
export interface Machine {
  lambda: Lambda
  table: Table
  queues: Queues
  start(): void
  /** Its clock is right from here on. */
  setClock(): void
  /** When it is up, or up again, and not frozen (epoch ms). */
  upAt(): number
  /** Whether messages had to wait since as many as can be were in hand. */
  wasCrowded(): boolean
  discard(): void
}

interface Built {
  template: Template
  /** For how long things go wrong (ms). */
  troubleMs: number
}

export function createMachine({ template, troubleMs }: Built): Machine {
  let life: Life | undefined
  let process: Process | undefined
  let [upAt, wasCrowded] = [0, false]
  const [disk, hands] = [createDisk(), createHands()]
  const records = createRecords(disk.raw)
  const writes = createWrites(records, disk.raw, ({ id, dueAtMs }) => hands.sent(id, dueAtMs))
  const trouble = createTrouble(writes.meet)
  const uses = createUses({ writes, counts: records.counts })
  const onCrowd = (): void => {
    wasCrowded = true
  }

  const die = (why: string, offMs?: number): void => {
    if (!life || life.isOver) return
    const { clock, faults, hangs } = world()
    const losesPower = faults.measure(MACHINE) < 0.5
    disk.crash(losesPower)
    endLife(life, losesPower ? `${why}: no power` : why)
    process = undefined
    upAt = clock.now() + (offMs ?? downMs())
    hangs.add('queue', clock.now(), upAt + 1)
    clock.at(upAt, live)
  }

  const watchOf = (own: Life): Omit<Watch, 'opened'> => {
    const undo = (): void => {
      disk.raw()?.run('ROLLBACK')
      writes.undone()
    }
    return {
      before: (what, change) => {
        try {
          trouble.before(what, own, { isInTransaction: disk.raw()?.isTransaction() ?? false, undo })
        } catch (error) {
          writes.failed(change)
          throw error
        }
      },
      changed: writes.changed,
      committed: () => {
        writes.committed()
        trouble.after(own)
      },
      undone: writes.undone,
    }
  }

  const live = (): void => {
    const own = beginLife(die)
    life = own
    note('the process starts')
    writes.forget()
    void begin(own).catch((error) => {
      if (!own.isOver) die(`cannot start: ${error}`)
    })
  }

  const begin = async (own: Life): Promise<void> => {
    const database = disk.open(watchOf(own))
    const started = await startProcess({
      ...{ life: own, database, functions: template.functions },
      ports: (bare) => seenPorts(uses, bare),
      queue: (real) => seenQueue(real, { ...uses, hands, raw: disk.raw, onCrowd }),
      onTakenOver: (by) => {
        const raw = disk.raw()
        if (raw && !own.isOver) checkStart(raw, own, by)
      },
    })
    if (!own.isOver) process = started
  }

  /** Puts it in without any process that is seen. */
  const put = (queue: LocalQueueName, body: string): void => {
    const { put: putInto } = process ?? {}
    if (putInto)
      void writes.inNameOf({ by: undefined, texts: () => [body] }, () => putInto(queue, body)).catch(() => {})
  }

  return {
    lambda: createListener(template.functions, () => (life && process ? { life, ...process } : undefined)),
    table: records,
    queues: createMessages(template.queues, disk.raw, put),
    setClock: () => {
      if (life) life.skewMs = 0
    },
    upAt: () => Math.max(upAt, life?.frozenUntil ?? 0),
    wasCrowded: () => wasCrowded,
    start: () => {
      planAbsence(troubleMs, die)
      everyMinute(put)
      live()
    },
    discard: disk.discard,
  }
}

/** Whoever looks after the process starts it again within seconds, or minutes. */
function downMs(): number {
  const { faults } = world()
  const most = faults.happens('machine back late', MACHINE) ? 10 * 60_000 : 20_000
  return 1_000 + whole(most, () => faults.measure(MACHINE))
}

const LONGEST_OFF_MS = 10 * 3_600_000

/** In a share of worlds, the machine is switched off for hours. */
function planAbsence(troubleMs: number, die: (why: string, offMs: number) => void): void {
  const { faults, clock } = world()
  const random = (): number => faults.measure(MACHINE)
  const happens = random() < faults.rateOf(OFF)
  const [afterMs, offMs] = [whole(troubleMs, random), whole(LONGEST_OFF_MS, random)]
  if (!happens) return
  clock.after(afterMs, () => {
    faults.meet(OFF, [MACHINE])
    die('is switched off', offMs)
  })
}

const OFF = 'machine off for hours'

/** After a release was put back, what it sent is still there. */
function everyMinute(put: (queue: LocalQueueName, body: string) => void): void {
  const { faults, clock } = world()
  clock.after(60_000, () => {
    for (const queue of ['submissions', 'polls'] as const) {
      const isSent = faults.happens('message of another release', MACHINE)
      if (isSent) put(queue, JSON.stringify({ v: 99, runId: 'of another release' }))
    }
    everyMinute(put)
  })
}
