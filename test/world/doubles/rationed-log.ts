import { rationedLog as real } from '../../../lib/api/rationed-log.ts'
import type { Log } from '../../../lib/runs/ports.ts'
import { acting, world } from '../engine/current.ts'

/** Stands in for `lib/api/rationed-log.ts` in a simulation: what a function remembers ends with its world. */
export function rationedLog(ports: Parameters<typeof real>[0]): Log {
  return (level, message, fields) => {
    const { logs } = world()
    const { function: name } = acting().worker
    const known = logs.get(name) ?? real(ports)
    logs.set(name, known)
    known(level, message, fields)
  }
}
