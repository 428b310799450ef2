/** Reads the log of SQLite (`-wal`). https://www.sqlite.org/fileformat2.html#walformat */

export const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/** @returns the ends of the commits that a recovery would find (byte offsets, in order) */
export function commitEnds(log: Buffer): number[] {
  if (log.length < LOG_HEADER_BYTES) return []
  const [pageBytes, salts] = [log.readUInt32BE(8), log.subarray(16, 24)]
  let sum = checksum(log, log.subarray(0, 24), [0, 0])
  if (!isSum(log, 24, sum)) return []
  const ends: number[] = []
  for (let at = LOG_HEADER_BYTES; at + FRAME_HEADER_BYTES + pageBytes <= log.length; ) {
    const header = log.subarray(at, at + FRAME_HEADER_BYTES)
    const end = at + FRAME_HEADER_BYTES + pageBytes
    sum = checksum(log, header.subarray(0, 8), sum)
    sum = checksum(log, log.subarray(at + FRAME_HEADER_BYTES, end), sum)
    if (!header.subarray(8, 16).equals(salts) || !isSum(header, 16, sum)) break
    // The size of the database after a commit; zero for all other frames.
    if (header.readUInt32BE(4) > 0) ends.push(end)
    at = end
  }
  return ends
}

type Sum = readonly [number, number]

/** @param log its magic number says in which order the bytes of a word are summed */
function checksum(log: Buffer, bytes: Buffer, [first, second]: Sum): Sum {
  const isBigEndian = log.readUInt32BE(0) === 0x377f0683
  const word = (at: number): number => (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))
  let [s0, s1] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + word(at) + s1) >>> 0
    s1 = (s1 + word(at + 4) + s0) >>> 0
  }
  return [s0, s1]
}

function isSum(bytes: Buffer, at: number, [s0, s1]: Sum): boolean {
  return bytes.readUInt32BE(at) === s0 && bytes.readUInt32BE(at + 4) === s1
}
