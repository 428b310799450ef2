import type { Item } from './expressions.ts'

/** One use of AWS that is billed, with all that its price depends on. */
export type Use =
  | { kind: 'get'; items: readonly (Item | undefined)[]; isConsistent: boolean }
  /** @param items all that were read, before any filter, whole */
  | { kind: 'query'; index: string; items: readonly Item[] }
  | { kind: 'write'; before: Item | undefined; after: Item | undefined; isRefused: boolean }
  | { kind: 'send' | 'receive'; bodies: readonly string[] }
  | { kind: 'delete'; messages: number }
  | { kind: 'publish'; message: string; attributes: MessageAttributes }
  | { kind: 'secret' }
  | { kind: 'log'; level: string; message: string; fields: object }

export type MessageAttributes = Readonly<Record<string, { DataType: string; StringValue: string }>>

/** Told of everything that AWS would bill. Only a world that is measured has one. */
export interface Meter {
  /**
   * A double of the SDK received a command.
   * @param command the name of its class
   * @throws {Error} where nobody knows its price
   */
  received(command: string): void
  /** It took effect. A command that is repeated is billed each time. */
  used(use: Use): void
}
