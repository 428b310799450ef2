/** A text of so many bytes at most (UTF-8), which says where it was cut, and is not cut inside a character. */
export function boundedText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= maxBytes) return text
  const said = `… (cut from ${bytes.byteLength} bytes)`
  const kept = bytes.subarray(0, Math.max(0, maxBytes - Buffer.byteLength(said)))
  // `stream` leaves half a character at the end out.
  return `${new TextDecoder().decode(kept, { stream: true })}${said}`
}
