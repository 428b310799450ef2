const MAX_MESSAGE = 300

/** Providers echo what they were sent, the Authorization header's parts included. Bounded. */
export function redact(text: string, secrets: string[]): string {
  const echoless = text.replace(/,?\s*canonicalRequest:.*/s, '')
  return (
    secrets
      // Real keys have twenty characters and more; a shorter one would tear holes into words.
      .filter((secret) => secret.length >= 8)
      .reduce((clean, secret) => clean.replaceAll(secret, '***'), echoless)
      .slice(0, MAX_MESSAGE)
  )
}
