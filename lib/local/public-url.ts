/**
 * `PUBLIC_URL`, without a slash at the end: the address of the API in answers and events, where a proxy has another one.
 * @throws {Error} where it is no address of HTTP
 */
export function publicUrlOf({ PUBLIC_URL }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!PUBLIC_URL) return undefined
  const url = URL.parse(PUBLIC_URL)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new Error('PUBLIC_URL must be an address such as https://ops.example.com/steadyhand')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
