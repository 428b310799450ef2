import * as z from 'zod'
import { CATALOGUE } from '../cloud/catalogue.ts'

/** An operation as `GET /operations` and the README show it. */
export interface OperationView {
  name: string
  summary: string
  effect: string
  destroysData: boolean
  /** How its end is known. */
  knownBy: string
  deadlineMinutes: number
  docs: string
  /** JSON Schema of `target`. */
  target: unknown
}

export function listOperations(): OperationView[] {
  return [...CATALOGUE.values()].map(({ name, summary, effect, destroysData, docs, input, tracking }) => ({
    name,
    summary,
    effect,
    destroysData,
    knownBy: tracking.knownBy,
    deadlineMinutes: tracking.deadlineMinutes,
    docs,
    target: z.toJSONSchema(input, { io: 'input' }),
  }))
}
