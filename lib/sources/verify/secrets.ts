import * as z from 'zod'

/** Anything shorter can be guessed, or is a placeholder. */
const MIN_LENGTH = 16

/** One secret, or two separated by a comma while one replaces the other. */
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
      .array(z.string().refine(isLong, `needs at least ${MIN_LENGTH} characters (user:password: after the colon)`))
      .min(1, 'needs at least one secret'),
  )

/**
 * Checks the two kinds of secrets of one source: anybody who sees a shown secret must not be able to sign. At least one kind
 * is needed; without a shown one, only signed requests are accepted.
 */
export function signedOrShown<Signing extends string, Shown extends string>(signing: Signing, shown: Shown) {
  type Settings = { [Name in Signing | Shown]?: string[] | undefined }
  return ({ value, issues }: { value: Settings; issues: z.core.$ZodRawIssue[] }): void => {
    const [secrets, tokens] = [value[signing], value[shown]]
    const add = (path: string, message: string): void =>
      void issues.push({ code: 'custom', path: [path], message, input: value })
    if (!secrets && !tokens) add(signing, `is not set, and neither is ${shown}: set one of them`)
    if (secrets?.some((secret) => tokens?.includes(secret)))
      add(shown, `has a secret of ${signing}: a secret that signs must never be shown`)
  }
}

/** The part before a colon is a user name, and no secret. */
function isLong(secret: string): boolean {
  return secret.length - (secret.indexOf(':') + 1) >= MIN_LENGTH
}
