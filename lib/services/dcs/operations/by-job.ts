import * as z from 'zod/mini'
import type { Acceptance } from '../../lifecycle.ts'
import { instanceNow } from '../probes/instance.ts'
import { job } from '../probes/job.ts'
import { JobId } from '../reads.ts'

/** The parts that all operations with a job share. */

export const JobAnswer = z.object({ job_id: JobId })

export function jobAccepted(output: z.infer<typeof JobAnswer>): Acceptance {
  return { jobId: output.job_id }
}

export const byJob = {
  firstWaitSeconds: 2,
  everySeconds: 5,
  deadlineMinutes: 30,
  snapshot: instanceNow,
  progress: job,
} as const
