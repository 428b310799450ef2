const MAX_TEXT = 500

/** Cuts a text for people, without half characters. */
export function textOf(text: string | null | undefined, max = MAX_TEXT): string {
  return (text ?? '').slice(0, max).toWellFormed()
}
