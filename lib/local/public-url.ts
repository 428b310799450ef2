import { baseUrlOf } from '../basics/base-url.ts'

/**
 * `PUBLIC_URL`: the address of the API in answers and events, where a proxy has another one.
 * @throws {Error} where it is no address of HTTP
 */
export function publicUrlOf({ PUBLIC_URL }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!PUBLIC_URL) return undefined
  const base = baseUrlOf(PUBLIC_URL)
  if (base === undefined) throw new Error('PUBLIC_URL must be an address such as https://ops.example.com/steadyhand')
  return base
}
