import type { Database } from './database.ts'

/** Pages of 4 KiB that one call gives back: some 20 ms, for nothing else is done meanwhile. */
const MAX_PAGES = 1_000

/** So much of the file may be free: what comes in next takes it, and no page is moved for nothing. */
const SPARE = 1 / 4

/**
 * Gives free space of the file back to the disk, as soon as it is a good part of it. The file must have been made with
 * `auto_vacuum = INCREMENTAL`: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
 * @returns a function that gives some of it back
 */
export function shrinker({ prepare, write }: Database): () => Promise<void> {
  const pages = prepare<{ page_count: number }>('count pages', 'PRAGMA page_count')
  const free = prepare<{ freelist_count: number }>('count free pages', 'PRAGMA freelist_count')
  // A row for each page: it moves on as they are read.
  const giveBack = prepare('give back space', `PRAGMA incremental_vacuum(${MAX_PAGES})`)
  return () =>
    write('give back space', () => {
      const [all, unused] = [pages.get()?.page_count ?? 0, free.get()?.freelist_count ?? 0]
      if (unused > all * SPARE) giveBack.all()
    })
}
