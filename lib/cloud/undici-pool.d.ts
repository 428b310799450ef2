/** The path is no public one: the version is pinned, and `test/local/bundle.test.ts` holds that it is the public class. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}
