/** Requests that wait for a function, or are with it. */
export interface Line {
  /** @returns leaves it; undefined where it is full */
  enter(functionId: string): (() => void) | undefined
}

/** @param atMost of each function */
export function createLine(atMost: number): Line {
  const inLine = new Map<string, number>()
  return {
    enter: (functionId) => {
      const before = inLine.get(functionId) ?? 0
      if (before >= atMost) return undefined
      inLine.set(functionId, before + 1)
      return () => inLine.set(functionId, (inLine.get(functionId) ?? 1) - 1)
    },
  }
}
