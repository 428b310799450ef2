import type { ToolName } from './versions.ts'

/** What a generated client must be able to do. A program prints each one when it is done, in any order. */
export const STEPS = ['create', 'cancel', 'wait', 'list', 'plan', 'problem'] as const

/** Commands that this suite does not install. */
export type Toolchain = 'go' | 'java' | 'mvn' | 'python3'

/** Folders of one generator, in the cache of the suite. */
export interface Place {
  /** Kept from one run of the suite to the next. */
  tools: string
  /** Made anew; `openapi.json` and the files of the program are in it. */
  work: string
}

/** A public tool that makes a client of the document, and a program that uses the client as anybody would. */
export interface Generator {
  /** Also of the folder of the program in clients/. */
  name: string
  tool: ToolName
  /** With none, npm is enough. */
  needs: readonly Toolchain[]
  install(place: Place): Promise<unknown>
  /** Gives the tool the document, a place and names, and no other option. */
  generate(place: Place): Promise<unknown>
  compile(place: Place): Promise<unknown>
  run(place: Place): Run
}

/** The command that runs the program; it is given an address and the id of an instance. */
export interface Run {
  words: readonly string[]
}
