import type { Verdict } from '../tracking.ts'

/** The meaning of an instance's states: before an operation is sent, during it, and for its end. */

/**
 * `running`, `stopped`: at rest. `work`: work that ends by itself. `broken`: no lifecycle operation helps, except a restart in
 * ERROR.
 */
type Meaning = 'running' | 'stopped' | 'work' | 'broken'

interface State {
  means: Meaning
  source: string
}

const LISTED = 'status list, huaweicloudDocs/dcs'
const OF_2025 = 'dcs-api-0312047 of 2025-12-29'
const COUNTED = 'counters of ListNumberOfInstancesInDifferentStatus'

/** Every status that is documented or counted by an API. Any other proves nothing and blocks no operation. */
const STATES: Readonly<Record<string, State>> = {
  RUNNING: { means: 'running', source: LISTED },
  CLOSED: { means: 'stopped', source: OF_2025 },
  RESTARTING: { means: 'work', source: LISTED },
  FLUSHING: { means: 'work', source: LISTED },
  STARTING: { means: 'work', source: OF_2025 },
  CLOSING: { means: 'work', source: OF_2025 },
  EXTENDING: { means: 'work', source: LISTED },
  RESTORING: { means: 'work', source: LISTED },
  CREATING: { means: 'work', source: LISTED },
  IPEXCHANGING: { means: 'work', source: OF_2025 },
  ROLLBACKING: { means: 'work', source: OF_2025 },
  UPGRADING: { means: 'work', source: COUNTED },
  MIGRATING: { means: 'work', source: COUNTED },
  FREEZING: { means: 'work', source: COUNTED },
  PAYING: { means: 'work', source: COUNTED },
  ERROR: { means: 'broken', source: LISTED },
  CREATEFAILED: { means: 'broken', source: LISTED },
  FROZEN: { means: 'broken', source: LISTED },
  DELETING: { means: 'broken', source: 'counters of API v1.0' },
  DELETED: { means: 'broken', source: OF_2025 },
}

export function meaningOf(status: string): Meaning | undefined {
  const observed = status.trim().toUpperCase()
  return Object.hasOwn(STATES, observed) ? STATES[observed]?.means : undefined
}

/** `already`: the state is the goal of the operation. */
type Fitness = 'ready' | 'wait' | 'already' | 'impossible'

/** Actions on an instance or a part of it. */
export type DcsAction = 'restart' | 'soft_restart' | 'flush' | 'stop' | 'start' | 'nodes' | 'masters'

const FITNESS: Readonly<Record<Meaning, Fitness>> = {
  running: 'ready',
  stopped: 'impossible',
  work: 'wait',
  broken: 'impossible',
}

/** Exceptions by action. */
const EXCEPTIONS: Partial<Record<DcsAction, Partial<Record<Meaning, Fitness>>>> = {
  start: { running: 'already', stopped: 'ready' },
  stop: { stopped: 'already' },
}

/** Whether an action may be sent to an instance with this status. */
export function fitnessOf(action: DcsAction, status: string): Fitness {
  const means = meaningOf(status)
  if (means === undefined) return 'ready'
  const isError = status.trim().toUpperCase() === 'ERROR'
  if (isError && (action === 'restart' || action === 'soft_restart')) return 'ready'
  return EXCEPTIONS[action]?.[means] ?? FITNESS[means]
}

/** The verdict of each status for an action that was sent, by the state in which the action ends. */
export function valuesTowards(end: 'running' | 'stopped'): Readonly<Record<string, Verdict>> {
  const verdict: Record<Meaning, Verdict> = {
    running: 'pending',
    stopped: 'pending',
    work: 'pending',
    broken: 'failed',
  }
  return Object.fromEntries(
    Object.entries(STATES).map(([status, { means }]) => [status, means === end ? 'done' : verdict[means]]),
  )
}

const ACTIONS: readonly DcsAction[] = ['restart', 'soft_restart', 'flush', 'stop', 'start', 'nodes', 'masters']

const CELLS: Readonly<Record<Fitness, string>> = {
  ready: 'sent',
  wait: 'waits',
  already: 'refused, is so',
  impossible: 'refused',
}

/** The table of the README, in Markdown. */
export function tableOfStates(): string {
  const values = { stop: valuesTowards('stopped'), start: valuesTowards('running') }
  const rows = Object.entries(STATES).map(([status, { source }]) => {
    const before = ACTIONS.map((action) => CELLS[fitnessOf(action, status)])
    return [`\`${status}\``, ...before, values.stop[status], values.start[status], source]
  })
  const head = ['Status', ...ACTIONS.map((action) => `\`${action}\``), 'then, of `stop`', 'then, of all else', 'Source']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
