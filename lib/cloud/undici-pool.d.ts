/** The path is not public: the version is pinned, and `test/local/bundle.test.ts` checks that it is the public class. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}
