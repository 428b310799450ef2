const MAX_TEXT = 500

/** For people: bounded, without half characters. */
export function textOf(text: string | null | undefined, max = MAX_TEXT): string {
  return (text ?? '').slice(0, max).toWellFormed()
}
