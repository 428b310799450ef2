/** Characters that are searched for secrets and echoes: far more than are ever kept of a text. */
const MAX_READ = 64 * 1024

/** Precedes the echo of the signed text, with all headers. */
const ECHO = 'canonicalRequest:'

/** Removes secrets: providers echo the request, parts of its Authorization header included. @param max characters kept */
export function redact(text: string, secrets: string[], max = 300): string {
  const clean = secrets
    // Real keys have twenty characters and more; a shorter one would also match inside words.
    .filter((secret) => secret.length >= 8)
    .reduce((cleaner, secret) => cleaner.replaceAll(secret, '***'), text)
    // Cut only now: no secret is left that the cut could halve.
    .slice(0, MAX_READ)
  return withoutEcho(clean)
    .replaceAll(/(Signature=)[0-9a-f]+/gi, '$1***')
    .slice(0, max)
}

/** Removes the comma and the spaces before the echo, too. */
function withoutEcho(text: string): string {
  const at = text.indexOf(ECHO)
  return at < 0 ? text : text.slice(0, at).trimEnd().replace(/,$/, '')
}
