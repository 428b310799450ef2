/**
 * A name that is stored, shown to people and read by machines: no half characters, no line ends, no control characters.
 * Invisible format characters (direction marks, joiners, tags) become U+FFFD, or one name could pass for another.
 */
export function plainText(name: string, maxCharacters: number): string {
  return name
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '\ufffd')
    .slice(0, maxCharacters)
    .toWellFormed()
}
