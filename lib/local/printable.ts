/** Characters that move a cursor, end a line or reverse text: controls, line and paragraph separators, bidi marks. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * Makes one line of text from outside, which cannot forge or hide another line of a terminal or log. Controls are shown as
 * JSON writes them (`\\u001b`).
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same for text of several lines, which may keep its line breaks. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
