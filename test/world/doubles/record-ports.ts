import type { RunsConfig } from '../../../lib/aws/config.ts'
import { recordPorts as portsOnAws } from '../../../lib/aws/record-ports.ts'
import type { RecordPorts } from '../../../lib/runs/ports.ts'
import { world } from '../engine/current.ts'

/** Stands in for `lib/aws/record-ports.ts` in a simulation: store and queue are where this world has them. */
export function recordPorts(config: RunsConfig): RecordPorts {
  const onAws = portsOnAws(config)
  return {
    ...onAws,
    store: each(onAws.store, () => world().machine?.store ?? onAws.store),
    queue: each(onAws.queue, () => world().machine?.queue ?? onAws.queue),
  }
}

type Method = (...args: unknown[]) => unknown

/** A port each of whose methods is that of another one, asked for when it is used. */
function each<Port extends object>(like: Port, now: () => Port): Port {
  const methods = Object.keys(like).map((name): [string, Method] => [
    name,
    (...args) => (now() as Record<string, Method>)[name]?.(...args), // a port is methods and nothing else
  ])
  return Object.fromEntries(methods) as Port
}
