import * as z from 'zod/mini'

/** How EMR is to do it, in our words; `wireOf…` gives the words of the wire. */

/** Kept with the run, and told at its end: bounded. */
const Argument = z.strictObject({
  key: z.string().check(z.minLength(1), z.maxLength(100)),
  values: z.array(z.string().check(z.maxLength(200))).check(z.maxLength(10)),
})

export const Strategy = z.strictObject({
  /** Batch by batch; off restarts all nodes at once. */
  rolling: z.boolean(),
  /** Nodes a batch. */
  batchSize: z._default(z.int().check(z.gte(1), z.lte(99_999)), 1),
  /** Seconds to wait after each batch was stopped. */
  waitSeconds: z._default(z.int().check(z.gte(0), z.lte(300)), 5),
  /** `block` stops at the first failure, `skip` goes on. */
  onFailure: z._default(z.enum(['block', 'skip']), 'block'),
  /** Extra arguments of the command. */
  args: z.optional(z.array(Argument).check(z.maxLength(10))),
})
export type Strategy = z.infer<typeof Strategy>

/** A node's stop and start, as we reckon them. */
const NODE_SECONDS = 180

/** How long a batch may take; 0 where there are none. */
export function batchSeconds(strategy: Strategy | undefined): number {
  return strategy?.rolling ? NODE_SECONDS + strategy.waitSeconds : 0
}

export const Stop = z.strictObject({
  policy: z.enum(['safe', 'default']),
  threads: z.optional(z.int().check(z.gte(1))),
  /** Time-out of a safe stop. The domestic site only: the international one does not know the field. */
  graceSeconds: z.optional(z.int().check(z.gte(1))),
})
export type Stop = z.infer<typeof Stop>

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
