import * as z from 'zod'

/** What is shorter can be guessed, or is a placeholder. */
const MIN_LENGTH = 16

/** One secret, or two by comma while one is replaced by the other. */
export const Secrets = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((secret) => secret.trim())
      .filter(Boolean),
  )
  .pipe(
    z
      .array(z.string().refine(isLong, `needs at least ${MIN_LENGTH} characters, after the colon of user:password`))
      .min(1, 'needs at least one secret'),
  )

/** What stands before a colon is no secret. */
function isLong(secret: string): boolean {
  return secret.length - (secret.indexOf(':') + 1) >= MIN_LENGTH
}
