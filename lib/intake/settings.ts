import type { WebhookSource } from './source.ts'

/** Variables by name, from wherever this process is configured. @param renewed those known did not fit: look again */
export type FindSettings = (renewed: boolean) => Promise<Readonly<Record<string, unknown>>>

/** The source is not configured here, or wrongly. It is ours to mend: the sender may try again. */
export class NotConfiguredError extends Error {
  override readonly name = 'NotConfiguredError'
}

/** @throws {NotConfiguredError} naming each variable that is missing or malformed; never a value, for it may be a secret */
export async function settingsOf<Settings>(
  source: WebhookSource<Settings>,
  find: FindSettings,
  renewed: boolean,
): Promise<Settings> {
  const parsed = source.settings.safeParse(await find(renewed))
  if (parsed.success) return parsed.data
  const complaints = parsed.error.issues.map(({ path, message }) => {
    return `${path.join('.')} ${message.endsWith('received undefined') ? 'is not set' : message}`
  })
  throw new NotConfiguredError(`webhooks of ${source.name} are not taken here: ${complaints.join('; ')}`)
}
