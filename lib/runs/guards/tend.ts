import { tendEpisode } from '../episodes/episodes.ts'
import type { RecordPorts } from '../ports.ts'
import { plusMs } from '../schedule.ts'
import { tendPauses } from './pauses.ts'
import { RECORD_PREFIXES } from './rule-record.ts'
import { STORM_PREFIX, tendStorm } from './storm.ts'
import { tendRule } from './tend-rules.ts'

/** Looks after one document that is due. It may be repeated. */
export type Tend = (ports: RecordPorts, id: string) => Promise<void>

/** The documents of guards and episodes, by the beginning of their id. */
const TENDED: (readonly [prefix: string, tend: Tend])[] = [
  ['ep_', tendEpisode],
  ['guard:pauses', tendPauses],
  [STORM_PREFIX, tendStorm],
  ...RECORD_PREFIXES.map((prefix) => [prefix, tendRule] as const),
]

const PAGE = 25

/**
 * Does what time alone brings on: pauses lapse, storms end, ladders go on; and tells people what they were not told. One failure
 * hides no other.
 * @param deadlineAtMs when this invocation must be done (epoch ms); the next sweep continues
 */
export async function tendDocuments(ports: RecordPorts, deadlineAtMs: number): Promise<void> {
  const now = plusMs(ports.clock(), 0)
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const page = await ports.store.dueDocuments({ now, limit: PAGE, cursor })
    cursor = page.cursor
    for (const id of page.ids) {
      if (ports.clock() >= deadlineAtMs) return
      await tendOne(ports, id)
    }
  }
}

async function tendOne(ports: RecordPorts, id: string): Promise<void> {
  const [, tend] = TENDED.find(([prefix]) => id.startsWith(prefix)) ?? []
  try {
    await tend?.(ports, id)
  } catch (error) {
    ports.log('error', 'document not looked after', { id, error: String(error) })
  }
}
