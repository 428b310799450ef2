type Fields = Readonly<Record<string, unknown>>

/**
 * One change of a record with all that another change of it has added: at any depth of its records, for a newer release adds
 * fields there that this one does not know. Lists are taken whole.
 * @param before the record that both have changed
 * @param other the record after the other change
 */
export function withAdded(after: Fields, { before, other }: { before: Fields; other: Fields }): Fields {
  const kept = Object.entries(other).flatMap(([name, value]): [string, unknown][] => {
    if (!(name in before)) return [[name, value]]
    const [mine, base] = [after[name], before[name]]
    if (!isFields(mine) || !isFields(base) || !isFields(value)) return []
    return [[name, withAdded(mine, { before: base, other: value })]]
  })
  return { ...after, ...Object.fromEntries(kept) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
