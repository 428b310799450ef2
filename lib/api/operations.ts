import * as z from 'zod'
import { CATALOGUE } from '../services/catalogue.ts'

const JsonSchema = z.record(z.string(), z.unknown())

/** An operation of the catalogue, as `GET /operations` and the README show it. */
export const OperationView = z.object({
  name: z.string(),
  summary: z.string(),
  effect: z.enum(['read', 'idempotent', 'once']).describe('`once`: one run sends it to the provider at most once'),
  destroysData: z.boolean().describe('Whether the operation deletes data by design'),
  prepares: z.string().optional().describe('The step that a run may carry out first'),
  completionCriterion: z.string().describe('How a run recognises its end'),
  deadlineMinutes: z.number(),
  longer: z.string().optional().describe('When the operation may take longer'),
  docs: z.url().describe("The provider's documentation"),
  target: JsonSchema.describe('JSON Schema of `target`'),
  params: JsonSchema.describe('JSON Schema of `params`'),
})
type OperationView = z.infer<typeof OperationView>

/** All operations of the catalogue. */
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
