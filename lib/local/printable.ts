/** What moves a cursor, ends a line or turns the direction of a text: controls, line and paragraph separators, bidi marks. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * One line of a terminal or a log, whatever came from outside: nothing of it can forge another line, or hide one.
 * Controls are shown as JSON writes them (`\\u001b`).
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same for a text of several lines, which are its own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
