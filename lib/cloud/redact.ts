/** Providers echo what they were sent, the Authorization header's parts included. @param max characters that are kept */
export function redact(text: string, secrets: string[], max = 300): string {
  const echoless = text.replace(/,?\s*canonicalRequest:.*/s, '').replaceAll(/(Signature=)[0-9a-f]+/gi, '$1***')
  return (
    secrets
      // Real keys have twenty characters and more; a shorter one would tear holes into words.
      .filter((secret) => secret.length >= 8)
      .reduce((clean, secret) => clean.replaceAll(secret, '***'), echoless)
      .slice(0, max)
  )
}
