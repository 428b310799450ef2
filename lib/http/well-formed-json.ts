/** Matches every escape, so that the second backslash of `\\` starts none, and a pair of surrogates before a half. */
const ESCAPES = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g

/** Length of `\ud83d`. */
const HALF_LENGTH = 6

/**
 * Replaces each half of a surrogate pair by U+FFFD, in values and keys. A sender that cuts an emoji writes `\ud83d` alone,
 * which JSON allows, but UTF-8, and so table and topic, cannot hold. The text keeps its length.
 * @param json must be decoded from UTF-8, so that halves occur as escapes only
 */
export function wellFormedJson(json: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return json
  return json.replace(ESCAPES, (found) => (found.length === HALF_LENGTH ? '\\ufffd' : found))
}
