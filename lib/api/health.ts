import * as z from 'zod'

/** The answer of `GET /health`: the API runs. It checks nothing else. */
export const Health = z.object({ status: z.string().describe('`ok`: the API answers') })

export const HEALTH: z.infer<typeof Health> = { status: 'ok' }
