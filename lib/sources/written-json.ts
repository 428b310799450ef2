/**
 * Writes a value as JSON. Events of AWS have no bound in depth: some can be parsed but not written.
 * @returns undefined for no value, and for one that is nested too deep (thousands)
 */
export function writtenJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
