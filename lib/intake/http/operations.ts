import * as z from 'zod'
import { CATALOGUE } from '../../cloud/catalogue.ts'

/** An operation as `GET /operations` and the README show it. */
export interface OperationView {
  name: string
  summary: string
  effect: string
  destroysData: boolean
  /** What may be done before it. */
  prepares?: string | undefined
  /** How its end is known. */
  knownBy: string
  deadlineMinutes: number
  /** When it may take longer, in words. */
  longer?: string | undefined
  docs: string
  /** JSON Schema of `target`. */
  target: unknown
  /** JSON Schema of `params`. */
  params: unknown
}

export function listOperations(): OperationView[] {
  return [...CATALOGUE.values()].map(({ name, summary, effect, destroysData, docs, tracking, ...operation }) => ({
    name,
    summary,
    effect,
    destroysData,
    prepares: operation.preparation?.does,
    knownBy: tracking.knownBy,
    deadlineMinutes: tracking.deadlineMinutes,
    longer: tracking.longer ?? operation.preparation?.longer,
    docs,
    target: z.toJSONSchema(operation.target, { io: 'input' }),
    params: z.toJSONSchema(operation.params, { io: 'input' }),
  }))
}
