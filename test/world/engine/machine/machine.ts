import type { Queue, Store } from '../../../../lib/runs/ports.ts'
import { whole } from '../chance.ts'
import { world } from '../current.ts'
import type { Handler, Lambda } from '../lambda.ts'
import type { Queues } from '../queues.ts'
import { note } from '../request.ts'
import type { Table } from '../table.ts'
import type { Template } from '../template.ts'
import { createDisk } from './disk.ts'
import { createHands } from './hands.ts'
import { beginLife, endLife, type Life, MACHINE, nowOf, type Opened, opened } from './life.ts'
import { createMessages, localName } from './messages.ts'
import { createPorts } from './ports.ts'
import { createProcess } from './process.ts'
import { type Reader, startReader } from './reader.ts'
import { createRecords } from './records.ts'
import { startSweeps } from './sweeps.ts'
import { createTrouble } from './trouble.ts'
import { createWrites, type SentMessage } from './writes.ts'

/** One machine with one process, over the real ports on SQLite: whatever lives there dies together. */
export interface Machine {
  store: Store
  queue: Queue
  lambda: Lambda
  table: Table
  queues: Queues
  start(): void
  /** Its clock is right from here on. */
  setClock(): void
  /** When it is up, or up again (epoch ms). */
  upAt(): number
  /** Whether messages had to wait since as many as can be were being handled. */
  wasCrowded(): boolean
  discard(): void
}

interface Built {
  template: Template
  handlers: ReadonlyMap<string, Handler>
  /** How often its readers look (ms). */
  everyMs: number
  /** For how long things go wrong (ms). */
  troubleMs: number
}

export function createMachine({ template, handlers, everyMs, troubleMs }: Built): Machine {
  let life: Life | undefined
  let [upAt, wasCrowded] = [0, false]
  const readers = new Map<string, Reader>()
  const hands = createHands()

  const living = (): Life => {
    if (!life || life.isOver) throw new Error('the process is gone')
    return life
  }
  const file = (): Opened => {
    const { opened: it } = living()
    if (!it) throw new Error('the file is not open')
    return it
  }

  const die = (why: string, offMs?: number): void => {
    if (!life || life.isOver) return
    const { clock, faults, hangs } = world()
    const losesPower = faults.measure(MACHINE) < 0.5
    disk.crash(losesPower)
    endLife(life, losesPower ? `${why}: no power` : why)
    readers.clear()
    upAt = clock.now() + (offMs ?? downMs())
    hangs.add('queue', clock.now(), upAt + 1)
    clock.at(upAt, startLife)
  }

  const onMessage = ({ id, queue, visibleAtMs, dueAtMs }: SentMessage): void => {
    hands.sent(id, dueAtMs)
    if (life && !life.isOver) readers.get(queue)?.wake(world().clock.now() + visibleAtMs - nowOf(life))
  }

  const trouble = createTrouble({ living, die, isInTransaction: () => disk.raw()?.isTransaction() ?? false })
  const disk = createDisk({
    before: trouble.before,
    changed: (change, rows) => writes.changed(change, rows),
    committed: () => {
      writes.committed()
      trouble.after()
    },
    undone: () => writes.undone(),
  })
  const records = createRecords(disk.raw)
  const rawNow = () => {
    const raw = disk.raw()
    if (!raw) throw new Error('the file is not open')
    return raw
  }
  const writes = createWrites(records, rawNow, onMessage)
  const queues = createMessages(template.queues, disk.raw, () => (life?.isOver ? undefined : life?.opened))
  const lambda = createProcess(template.functions, handlers, { life: () => life, die })

  /** As whoever runs the process does it at the start. */
  const begin = async (own: Life, it: Opened): Promise<void> => {
    await it.queue.releaseAll(nowOf(own))
    if (own.isOver) return
    checkReleased(disk.raw()?.all(HELD, nowOf(own)) ?? [])
    hands.empty()
    const process = { life: own, opened: it, raw: disk.raw, die, hands }
    const onCrowd = (): void => {
      wasCrowded = true
    }
    for (const { queue: address, function: name } of template.mappings) {
      const queue = localName(address)
      const { visibilityMs = 0 } = template.queues.get(address) ?? {}
      const onDead = (): void => readers.get(`${queue}-dead-letters`)?.wake(world().clock.now())
      const reading = { queue, address, function: name, visibilityMs, everyMs }
      readers.set(queue, startReader(reading, { ...process, onCrowd, onDead }))
    }
    for (const reader of readers.values()) reader.wake(world().clock.now())
    startSweeps(template.functions, own, it)
  }

  const startLife = (): void => {
    const own = beginLife()
    life = own
    note('the process starts')
    const fail = (error: unknown): void => {
      if (!own.isOver) die(`cannot start: ${error}`)
    }
    try {
      own.opened = opened(disk.open(), () => nowOf(own))
      void begin(own, own.opened).catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  return {
    ...createPorts({ opened: file, writes, counts: records.counts }),
    ...{ lambda, table: records, queues },
    setClock: () => {
      if (life) life.skewMs = 0
    },
    upAt: () => upAt,
    wasCrowded: () => wasCrowded,
    start: () => {
      planAbsence(troubleMs, die)
      startLife()
    },
    discard: disk.discard,
  }
}

/** Messages that nobody can have in hand at a start, and that wait all the same. */
const HELD = 'SELECT body FROM messages WHERE receive_count > 0 AND visible_at > ?'

function checkReleased(held: readonly Record<string, unknown>[]): void {
  const property = 'after a start nothing waits for who is gone'
  if (held.length > 0) world().witness.broken(property, `${held.length} messages, e.g. ${held[0]?.body}`)
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
  const [happens, afterMs, offMs] = [
    random() < faults.rateOf(OFF),
    whole(troubleMs, random),
    whole(LONGEST_OFF_MS, random),
  ]
  if (!happens) return
  clock.after(afterMs, () => {
    faults.meet(OFF, [MACHINE])
    die('is switched off', offMs)
  })
}

const OFF = 'machine off for hours'
