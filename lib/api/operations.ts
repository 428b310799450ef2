import * as z from 'zod'
import { CATALOGUE } from '../services/catalogue.ts'

const JsonSchema = z.record(z.string(), z.unknown())

export const Effect = z
  .enum(['read', 'idempotent', 'once'])
  .describe('`once`: one run sends it to the cloud at most once')

/** An operation of the catalogue, as `GET /operations` and the README show it. */
export const OperationView = z.object({
  name: z.string().describe('Name of the operation, as requests use it'),
  summary: z.string().describe('What it does'),
  effect: Effect,
  destroysData: z.boolean().describe('Whether the operation deletes data by design'),
  preconditions: z
    .array(
      z.object({
        name: z.string().describe('Name of the precondition, as plans have it'),
        requires: z.string().describe('What must hold'),
      }),
    )
    .describe('What must hold before the operation is sent'),
  prepares: z.string().optional().describe('The step that a run may carry out first'),
  completionCriterion: z.string().describe('How a run recognises its end'),
  deadlineMinutes: z.int().describe('Minutes after which a run ends as `timed-out`'),
  longer: z.string().optional().describe('When the operation may take longer'),
  docs: z
    .string()
    .regex(/^https:\/\//)
    .describe("The provider's documentation"),
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
    preconditions: operation.preconditions.map(({ name, requires }) => ({ name, requires })),
    prepares: operation.preparation?.does,
    completionCriterion: tracking.completionCriterion,
    deadlineMinutes: tracking.deadlineMinutes,
    longer: tracking.longer ?? operation.preparation?.longer,
    docs,
    target: z.toJSONSchema(operation.target, { io: 'input' }),
    params: z.toJSONSchema(operation.params, { io: 'input' }),
  }))
}
