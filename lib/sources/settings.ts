import '../basics/issue-text.ts'
import * as z from 'zod'
import type { Lookup } from '../cloud/provider.ts'
import type { WebhookSource } from './source.ts'

/** Finds variables by name, wherever this process is configured. */
export type FindSettings = (lookup?: Lookup) => Promise<Readonly<Record<string, unknown>>>

/** The source is not configured here, or wrongly. It is ours to mend: the sender may try again. */
export class NotConfiguredError extends Error {
  override readonly name = 'NotConfiguredError'
}

/** A variable that is set, but empty, is not set: a template parameter cannot be left out. */
export const OptionalSetting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

/** @throws {NotConfiguredError} naming each variable that is missing or malformed */
export async function settingsOf<Settings>(
  source: WebhookSource<Settings>,
  find: FindSettings,
  lookup?: Lookup,
): Promise<Settings> {
  const parsed = source.settings.safeParse(await find(lookup))
  if (parsed.success) return parsed.data
  throw new NotConfiguredError(`webhooks of ${source.name} are not taken here: ${settingErrors(parsed.error)}`)
}

/** Each variable that is missing or malformed; never a value, for it may be a secret. */
export function settingErrors({ issues }: z.ZodError): string {
  const told = issues.map(({ path, message }) => {
    return `${path.join('.')} ${message === 'is missing' ? 'is not set' : message}`
  })
  return told.join('; ')
}
