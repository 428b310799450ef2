/** Every escape, so that the second backslash of `\\` begins none; of surrogates, a pair before a half. */
const ESCAPES = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g

/** How long `\ud83d` is. */
const HALF_LENGTH = 6

/**
 * A sender that cuts an emoji in half writes `\ud83d` alone, which JSON allows and UTF-8, and thus table and topic, cannot
 * hold. Each such half becomes U+FFFD, in values and in keys, and the text keeps its length.
 * @param json decoded from UTF-8: halves stand in it as escapes only
 */
export function wellFormedJson(json: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return json
  return json.replace(ESCAPES, (found) => (found.length === HALF_LENGTH ? '\\ufffd' : found))
}
