type Fields = Record<string, unknown>

/** The parts of records that a sandbox has read or written. A part never changes. */
export interface PartMemo {
  get(id: string): Fields | undefined
  set(id: string, fields: Fields): void
}

/** The largest part has 240 KB: less than a tenth of the memory of a function. */
const MAX_PARTS = 100

export function createPartMemo(): PartMemo {
  const parts = new Map<string, Fields>()
  return {
    get: (id) => parts.get(id),
    set: (id, fields) => {
      parts.delete(id)
      parts.set(id, fields)
      const [oldest] = parts.keys()
      if (parts.size > MAX_PARTS && oldest !== undefined) parts.delete(oldest)
    },
  }
}
