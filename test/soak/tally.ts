import type { SimulatedDcs } from '../../lib/simulators/dcs.ts'
import type { SimulatedEmr } from '../../lib/simulators/emr.ts'

/** A piece of work that a cloud took on: one effective write. */
export interface Work {
  resource: string
  kind: string
  at: number
}

/** What the clouds saw. Instants in epoch ms. */
export interface Tally {
  works: Work[]
  /** When each resource was asked about or for. */
  contacts: Record<string, number[]>
  /** Requests by what they were and how they were refused. */
  requests: Record<string, number>
}

interface Line {
  at: number
  instances?: string[] | undefined
  status: number
  code?: string | undefined
}

/** Keeps count of both clouds, whose own logs forget the oldest. @returns a look at the clouds, to be taken often */
export function keepTally(dcs: SimulatedDcs, emr: SimulatedEmr): () => Tally {
  const works = new Map<string, Work>()
  const jobs = new Map<string, string>()
  const contacts: Tally['contacts'] = {}
  const requests: Tally['requests'] = {}
  const note = ({ at, instances = [], status, code }: Line, what: string): void => {
    const key = code === undefined && status === 200 ? what : `${what} -> ${code ?? status}`
    requests[key] = (requests[key] ?? 0) + 1
    for (const resource of instances) {
      const before = contacts[resource] ?? []
      contacts[resource] = before
      before.push(at)
    }
  }
  const newDcs = newLines(() => dcs.state)
  const newEmr = newLines(() => emr.state)
  return () => {
    for (const { id, jobId, kind, instanceId, acceptedAt } of dcs.state.works) {
      works.set(id, { resource: instanceId, kind, at: acceptedAt })
      if (jobId !== undefined) jobs.set(jobId, instanceId)
    }
    for (const { id, op, clusterId, acceptedAt } of emr.state.works) {
      works.set(id, { resource: clusterId, kind: op, at: acceptedAt })
    }
    for (const line of newDcs()) {
      const path = line.path.replace(/^\/v2\/\w+/, '').replace(/[0-9a-f-]{32,36}/g, '{id}')
      const job = jobs.get(line.path.split('/jobs/')[1] ?? '')
      note(
        { ...line, ...(job === undefined ? {} : { instances: [job] }) },
        words('DCS', line.method, path, line.action),
      )
    }
    for (const line of newEmr()) note(line, words('EMR', line.action, line.opType))
    return { works: [...works.values()], contacts, requests }
  }
}

/** The lines that came in since the last call; the log itself keeps the latest 5,000. */
function newLines<L>(stateOf: () => { requests: L[]; counts: Record<string, number> }): () => L[] {
  let seen = 0
  return () => {
    const { requests, counts } = stateOf()
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const fresh = total === seen ? [] : requests.slice(seen - total)
    seen = total
    return fresh
  }
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' ')
}
