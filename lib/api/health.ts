import * as z from 'zod'

/** What `GET /health` answers: it says that somebody answers, and looks at nothing. */
export const Health = z.object({ status: z.literal('ok') })

export const HEALTH: z.infer<typeof Health> = { status: 'ok' }
