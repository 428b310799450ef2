/** An address without a slash at the end: `https://ops.example.com/steadyhand`. @returns undefined where it is none of HTTP */
export function baseUrlOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) return undefined
  const segments = url.pathname.split('/').filter(Boolean)
  return [url.origin, ...segments].join('/')
}
