/** What a secret, or an echo, may stand before: far more than is ever kept of a text. */
const MAX_READ = 64 * 1024

/** Before the text that was signed, with all headers. */
const ECHO = 'canonicalRequest:'

/** Providers echo what they were sent, the Authorization header's parts included. @param max characters that are kept */
export function redact(text: string, secrets: string[], max = 300): string {
  const clean = secrets
    // Real keys have twenty characters and more; a shorter one would tear holes into words.
    .filter((secret) => secret.length >= 8)
    .reduce((cleaner, secret) => cleaner.replaceAll(secret, '***'), text)
    // Bounded when no secret is left that the bound could cut in two.
    .slice(0, MAX_READ)
  return withoutEcho(clean)
    .replaceAll(/(Signature=)[0-9a-f]+/gi, '$1***')
    .slice(0, max)
}

/** Also without the comma and the spaces before it. */
function withoutEcho(text: string): string {
  const at = text.indexOf(ECHO)
  return at < 0 ? text : text.slice(0, at).trimEnd().replace(/,$/, '')
}
