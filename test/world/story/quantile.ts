/** The value that so large a share of the values does not exceed; undefined where there is none. @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number | undefined {
  const inOrder = values.toSorted((a, b) => a - b)
  return inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)]
}
