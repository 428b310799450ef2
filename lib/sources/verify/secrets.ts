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

/**
 * Secrets that sign, and secrets that are shown, of one source: who sees one that is shown must not be able to sign. One of both is
 * needed; without one that is shown, only what is signed is taken.
 */
export function signedOrShown<Signing extends string, Shown extends string>(signing: Signing, shown: Shown) {
  type Settings = { [Name in Signing | Shown]?: string[] | undefined }
  return ({ value, issues }: { value: Settings; issues: z.core.$ZodRawIssue[] }): void => {
    const [secrets, tokens] = [value[signing], value[shown]]
    const add = (path: string, message: string): void =>
      void issues.push({ code: 'custom', path: [path], message, input: value })
    if (!secrets && !tokens) add(signing, `is not set, and neither is ${shown}: one of them is needed`)
    if (secrets?.some((secret) => tokens?.includes(secret)))
      add(shown, `has a secret of ${signing}: one that signs is never shown`)
  }
}

/** What stands before a colon is no secret. */
function isLong(secret: string): boolean {
  return secret.length - (secret.indexOf(':') + 1) >= MIN_LENGTH
}
