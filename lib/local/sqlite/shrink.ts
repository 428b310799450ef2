import type { Database } from './database.ts'

/** Pages of 4 KiB per call: some 20 ms, in which the process does nothing else. */
const MAX_PAGES = 1_000

/** The share of the file that may stay free: new records reuse it, so that no page moves for nothing. */
const SPARE = 1 / 4

/**
 * Gives free space back to the disk once it is a large share of the file. The file must have been made with
 * `auto_vacuum = INCREMENTAL`: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
 * @returns a function that gives some of it back
 */
export function shrinker({ prepare, write }: Database): () => Promise<void> {
  const pages = prepare<{ page_count: number }>('count pages', 'PRAGMA page_count')
  const free = prepare<{ freelist_count: number }>('count free pages', 'PRAGMA freelist_count')
  // It frees one page for each row that is read.
  const giveBack = prepare('give back space', `PRAGMA incremental_vacuum(${MAX_PAGES})`)
  return () =>
    write('give back space', () => {
      const [all, unused] = [pages.get()?.page_count ?? 0, free.get()?.freelist_count ?? 0]
      if (unused > all * SPARE) giveBack.all()
    })
}
