// dynalite 4 ships no types. Options: https://github.com/architect/dynalite#api
declare module 'dynalite' {
  /** A DynamoDB server that is not listening yet; `close` also closes the database under `path`. */
  function dynalite(options?: { path?: string; createTableMs?: number }): import('node:http').Server
  export = dynalite
}
