import * as z from 'zod'
import { CATALOGUE } from '../services/catalogue.ts'

const JsonSchema = z.record(z.string(), z.unknown())

/** An operation as `GET /operations` and the README show it. */
export const OperationView = z.object({
  name: z.string(),
  summary: z.string(),
  effect: z.enum(['read', 'idempotent', 'once']).describe('`once`: it reaches the provider at most once for one run'),
  destroysData: z.boolean().describe('Whether data is lost by design'),
  prepares: z.string().optional().describe('What may be done before it'),
  completionCriterion: z.string().describe('How its end is known'),
  deadlineMinutes: z.number(),
  longer: z.string().optional().describe('When it may take longer, in words'),
  docs: z.url().describe("The provider's page"),
  target: JsonSchema.describe('JSON Schema of `target`'),
  params: JsonSchema.describe('JSON Schema of `params`'),
})
type OperationView = z.infer<typeof OperationView>

export function listOperations(): OperationView[] {
  return [...CATALOGUE.values()].map(({ name, summary, effect, destroysData, docs, tracking, ...operation }) => ({
    name,
    summary,
    effect,
    destroysData,
    prepares: operation.preparation?.does,
    completionCriterion: tracking.completionCriterion,
    deadlineMinutes: tracking.deadlineMinutes,
    longer: tracking.longer ?? operation.preparation?.longer,
    docs,
    target: z.toJSONSchema(operation.target, { io: 'input' }),
    params: z.toJSONSchema(operation.params, { io: 'input' }),
  }))
}
