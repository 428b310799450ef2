import { judge, type Observation, type Probe, type Read } from '../../tracking.ts'
import { showJob } from '../reads.ts'
import type { DcsTarget } from '../target.ts'

const VALUES = { INIT: 'pending', RUNNING: 'pending', SUCCESS: 'done', FAIL: 'failed' } as const

/** Reads a job of the provider. @throws {CloudError} `invalid` where the provider does not know it (DCS.4070) */
export async function readJob(read: Read, jobId: string): Promise<Observation> {
  const { status, fail_reason } = await read(showJob, { jobId })
  const observed = judge(VALUES, status, fail_reason ?? undefined)
  return { ...observed, proof: `its job is ${observed.observed}` }
}

/** Observes the job that the operation returned. */
export const job: Probe<DcsTarget> = {
  name: 'job',
  values: VALUES,
  consecutive: 1,
  observe: async (read, { jobId }) => {
    if (!jobId) return { verdict: 'pending', observed: 'NO JOB ID', listed: false }
    return readJob(read, jobId)
  },
}
