import * as z from 'zod'

/** How EMR is to do it, in our words; `wireOf…` gives the words of the wire. */

export const Strategy = z.strictObject({
  /** Batch by batch; off restarts all nodes at once. */
  rolling: z.boolean(),
  /** Nodes a batch. */
  batchSize: z.int().min(1).max(99_999).default(1),
  /** Seconds to wait after each batch was stopped. */
  waitSeconds: z.int().min(0).max(300).default(5),
  /** `block` stops at the first failure, `skip` goes on. */
  onFailure: z.enum(['block', 'skip']).default('block'),
  /** Extra arguments of the command. */
  args: z.array(z.strictObject({ key: z.string().min(1), values: z.array(z.string()) })).optional(),
})
export type Strategy = z.infer<typeof Strategy>

export const Stop = z.strictObject({
  policy: z.enum(['safe', 'default']),
  threads: z.int().min(1).optional(),
  /** Time-out of a safe stop. The domestic site only: the international one does not know the field. */
  graceSeconds: z.int().min(1).optional(),
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
