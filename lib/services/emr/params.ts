import * as z from 'zod/mini'

/** The options of EMR operations in our words; `wireOf…` translates them for the wire. */

/** Bounded, because a run's record and its notification contain it. */
const Argument = z.strictObject({
  key: z.string().check(z.minLength(1), z.maxLength(100), z.describe('name of the argument')),
  values: z.array(z.string().check(z.maxLength(200))).check(z.maxLength(10), z.describe('its values')),
})

/** Its descriptions appear in `GET /operations` and the README. */
export const Strategy = z
  .strictObject(
    {
      rolling: z.boolean().check(z.describe('batch by batch; `false` takes all nodes at once')),
      batchSize: z._default(z.int().check(z.gte(1), z.lte(99_999), z.describe('nodes a batch')), 1),
      waitSeconds: z._default(
        z.int().check(z.gte(0), z.lte(300), z.describe('wait after each batch was stopped, in seconds')),
        5,
      ),
      onFailure: z._default(
        z.enum(['block', 'skip']).check(z.describe('`block` stops at the first failure, `skip` goes on')),
        'block',
      ),
      args: z.optional(z.array(Argument).check(z.maxLength(10), z.describe('extra arguments of the command'))),
    },
    // Only a restart must have one.
    {
      error: ({ input }) =>
        input === undefined ? 'emr.service.restart must say how, e.g. {"rolling": true}' : undefined,
    },
  )
  .check(z.describe('in which order, and how many at a time'))
export type Strategy = z.infer<typeof Strategy>

/** Our estimate for the stop and start of a node. */
const NODE_SECONDS = 180

/** Estimated time of a batch; 0 = no batches. */
export function batchSeconds(strategy: Strategy | undefined): number {
  return strategy?.rolling ? NODE_SECONDS + strategy.waitSeconds : 0
}

export const Stop = z
  .strictObject({
    policy: z.enum(['safe', 'default']).check(z.describe('how processes are stopped')),
    threads: z.optional(z.int().check(z.gte(1), z.describe('how many are stopped at a time'))),
    // The international site does not have the field.
    graceSeconds: z.optional(
      z.int().check(z.gte(1), z.describe('time-out of a safe stop, in seconds; the domestic site only')),
    ),
  })
  .check(z.describe('how processes are stopped'))
export type Stop = z.infer<typeof Stop>

export const OptionalStrategy = z.strictObject({ strategy: z.optional(Strategy) })

/** The params of all EMR operations. */
export interface EmrParams {
  strategy?: Strategy | undefined
  stop?: Stop | undefined
  keepMonitor?: boolean | undefined
}

export function wireOfStrategy({
  rolling,
  batchSize,
  waitSeconds,
  onFailure,
  args,
}: Strategy): Record<string, unknown> {
  return {
    RollingRestartSwitch: rolling ? 1 : 0,
    BatchSize: batchSize,
    TimeWait: waitSeconds,
    DealOnFail: onFailure === 'skip' ? 1 : 0,
    ...(args ? { Args: args.map(({ key, values }) => ({ Key: key, Values: values })) } : {}),
  }
}

export function wireOfStop({ policy, threads, graceSeconds }: Stop): Record<string, unknown> {
  return {
    StopPolicy: policy,
    ...(threads === undefined ? {} : { ThreadCount: threads }),
    ...(graceSeconds === undefined ? {} : { GraceDownTime: graceSeconds }),
  }
}
