import { setTimeout } from 'node:timers/promises'
import { type Call, createCall } from '../../../lib/cloud/call.ts'
import type { Provider } from '../../../lib/cloud/provider.ts'
import { createSend } from '../../../lib/cloud/send.ts'

/** More than any client here reaches: the limiter counts and never waits. */
export const PER_SECOND = 50_000

export function ourCall(provider: Provider): Call {
  return createCall({
    send: createSend(),
    provider: () => provider,
    nowMs: Date.now,
    random: Math.random,
    sleep: setTimeout,
  })
}

/** As long as the poll of a run may take. */
export const CALL_MS = 20_000
