import '../basics/issue-text.ts'
import * as z from 'zod'
import type { Lookup } from '../cloud/provider.ts'
import type { WebhookSource } from './source.ts'

/** Looks up the variables of this process, by name. */
export type FindSettings = (lookup?: Lookup) => Promise<Readonly<Record<string, unknown>>>

/** The source is not configured, or wrongly. Its operator must correct it; the sender may try again. */
export class NotConfiguredError extends Error {
  override readonly name = 'NotConfiguredError'
}

/** An empty variable counts as not set, because a template parameter cannot be left out. */
export const OptionalSetting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

/** @throws {NotConfiguredError} that names each missing or malformed variable */
export async function settingsOf<Settings>(
  source: WebhookSource<Settings>,
  find: FindSettings,
  lookup?: Lookup,
): Promise<Settings> {
  const parsed = source.settings.safeParse(await find(lookup))
  if (parsed.success) return parsed.data
  throw new NotConfiguredError(`webhooks of ${source.name} are not configured: ${settingErrors(parsed.error)}`)
}

/** Names each missing or malformed variable; never a value, which may be a secret. */
export function settingErrors({ issues }: z.ZodError): string {
  const errors = issues.map(({ path, message }) => {
    return `${path.join('.')} ${message === 'is missing' ? 'is not set' : message}`
  })
  return errors.join('; ')
}
