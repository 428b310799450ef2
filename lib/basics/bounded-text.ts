/** Cuts a text to `maxBytes` of UTF-8, never inside a character, and marks the cut. */
export function boundedText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= maxBytes) return text
  const mark = `… (cut from ${bytes.byteLength} bytes)`
  const kept = bytes.subarray(0, Math.max(0, maxBytes - Buffer.byteLength(mark)))
  // `stream` leaves out half a character at the end.
  return `${new TextDecoder().decode(kept, { stream: true })}${mark}`
}
