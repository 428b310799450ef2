import * as z from 'zod'

/** Some senders write ids as numbers, some as text. */
export const Id = z.union([z.string(), z.number()]).transform(String)
