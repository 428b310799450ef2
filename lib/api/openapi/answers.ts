import * as z from 'zod'
import { DeliveryView, ListedDeliveryView, ResultView } from '../../deliveries/delivery.ts'
import { UnauthenticView } from '../../deliveries/unauthentic.ts'
import { DeadLetterView } from '../../notify/data.ts'
import { Pause } from '../../runs/guards/pauses.ts'
import { Blocker } from '../../runs/plan/blocker.ts'
import { Plan } from '../../runs/plan/plan.ts'
import { Collision, Failure, Holder, Outcome, Source, SourceKind } from '../../runs/run.ts'
import { RunView, Target, TimelineView } from '../../runs/run-view.ts'
import { State } from '../../runs/states.ts'
import { EpisodeView } from '../episodes.ts'
import { GroupView } from '../groups.ts'
import { Health } from '../health.ts'
import { LimitsView } from '../limits.ts'
import { Effect, OperationView } from '../operations.ts'
import { OperationFilter } from '../parameters.ts'
import { PauseList } from '../pauses.ts'
import { Problem } from '../problems/problem.ts'
import { BreakerView, RuleList, RuleView } from '../rules.ts'
import { Batch } from '../runs/batches.ts'

const cursor = z.string().optional().describe('Asks for the next page; absent on the last page')

const RunList = z.object({ runs: z.array(RunView).describe('Newest first'), cursor })

const PlanList = z.object({ plans: z.array(Plan).describe('One plan for each target, in the order of the targets') })

const EpisodeList = z.object({ episodes: z.array(EpisodeView).describe('Newest first'), cursor })

const DeadLetterList = z.object({ deadLetters: z.array(DeadLetterView).describe('Newest first'), cursor })

const GroupList = z.object({ groups: z.array(GroupView).describe('The built-in group comes last') })

const DeliveryList = z.object({ deliveries: z.array(ListedDeliveryView).describe('Newest first'), cursor })

const UnauthenticList = z.object({
  unauthentic: z.array(UnauthenticView).describe('One entry for each source and day, newest day first'),
  cursor,
})

/** The answer to a webhook. Some senders require a form of their own. */
const WebhookAnswer = z.object({
  results: z.array(ResultView).optional().describe('What became of each alarm or ticket'),
  sessionId: z.string().optional().describe('For Tencent Cloud: the session of its request'),
  retCode: z.int().optional().describe('For Tencent Cloud: 0, which means received'),
})

const EventsAnswer = z.object({
  matched: z.int().describe('How many of the events are alarms'),
  results: z.array(ResultView).describe('What became of each alarm'),
  queued: z.int().optional().describe('How many could not be decided now, and are queued'),
})

const OperationList = z.object({ operations: z.array(OperationView).describe('All operations of the catalogue') })

const OpenApi = z.looseObject({ openapi: z.string().describe('Version of OpenAPI') }).describe('This document')

const JsonSchema = z.looseObject({ title: z.string().describe('Name of the schema') }).describe('A JSON Schema')

const GatewayMessage = z
  .object({ message: z.string().describe('The refusal in words') })
  .describe('The refusal of the gateway itself')

/** The schemas of answers, by their names in the OpenAPI document. */
export const ANSWERS = {
  Run: RunView,
  Batch,
  RunList,
  Plan,
  PlanList,
  State,
  LifecycleOperation: OperationFilter,
  Source,
  SourceKind,
  Target,
  Collision,
  Outcome,
  Failure,
  Holder,
  Blocker,
  TimelineEntry: TimelineView,
  Episode: EpisodeView,
  EpisodeList,
  DeadLetter: DeadLetterView,
  DeadLetterList,
  Delivery: DeliveryView,
  DeliveryList,
  Unauthentic: UnauthenticView,
  UnauthenticList,
  Limits: LimitsView,
  Group: GroupView,
  GroupList,
  Rule: RuleView,
  RuleList,
  Breaker: BreakerView,
  Pause,
  PauseList,
  DeliveryResult: ResultView,
  WebhookAnswer,
  EventsAnswer,
  OperationInfo: OperationView,
  OperationList,
  Effect,
  HealthStatus: Health,
  OpenApi,
  JsonSchema,
  Problem,
  GatewayMessage,
} as const
export type AnswerName = keyof typeof ANSWERS
