import * as z from 'zod'
import { DeliveryView, ListedDeliveryView } from '../deliveries/delivery.ts'
import { UnauthenticView } from '../deliveries/unauthentic.ts'
import { DeadLetter } from '../runs/dead-letter.ts'
import { Result } from '../runs/delivery.ts'
import { Plan } from '../runs/plan/plan.ts'
import { Collision, Failure, Holder, Outcome, Progress, Source } from '../runs/run.ts'
import { RunView } from '../runs/run-view.ts'
import { State } from '../runs/states.ts'
import { TimelineEntry } from '../runs/timeline.ts'
import { Health } from './health.ts'
import { LimitsView } from './limits.ts'
import { OperationView } from './operations.ts'
import { Problem } from './problem.ts'

const cursor = z.string().optional().describe('Asks for the next page; absent on the last page')

const RunBatch = z.object({
  batchId: z.string(),
  runs: z.array(RunView).describe('One run for each target, in the order of the targets'),
})

const RunList = z.object({ runs: z.array(RunView).describe('Newest first'), cursor })

const PlanList = z.object({
  dryRun: z.literal(true),
  plans: z.array(Plan).describe('One plan for each target, in the order of the targets'),
})

const DeadLetterList = z.object({ deadLetters: z.array(DeadLetter).describe('Newest first'), cursor })

const DeliveryList = z.object({ deliveries: z.array(ListedDeliveryView).describe('Newest first'), cursor })

const UnauthenticList = z.object({
  unauthentic: z.array(UnauthenticView).describe('One entry for each source and day, newest day first'),
  cursor,
})

/** The answer to a webhook. Some senders require a form of their own. */
const WebhookAnswer = z.union([
  z.object({ results: z.array(Result) }),
  z.object({ sessionId: z.string().optional(), retCode: z.literal(0) }),
])

const OperationList = z.object({ operations: z.array(OperationView) })

const OpenApi = z.looseObject({ openapi: z.string() }).describe('This document')

const GatewayMessage = z.object({ message: z.string() }).describe('The refusal of the gateway itself')

/** The schemas of answers, by their names in the OpenAPI document. */
export const ANSWERS = {
  Run: RunView,
  RunBatch,
  RunList,
  Plan,
  PlanList,
  State,
  Source,
  Collision,
  Progress,
  Outcome,
  Failure,
  Holder,
  TimelineEntry,
  DeadLetter,
  DeadLetterList,
  Delivery: DeliveryView,
  DeliveryList,
  Unauthentic: UnauthenticView,
  UnauthenticList,
  Limits: LimitsView,
  Result,
  WebhookAnswer,
  Operation: OperationView,
  OperationList,
  Health,
  OpenApi,
  Problem,
  GatewayMessage,
} as const
export type AnswerName = keyof typeof ANSWERS
