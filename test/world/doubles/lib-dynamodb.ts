import { world } from '../engine/current.ts'
import type { CommandInput, Operation } from '../engine/table.ts'

/** Stands in for `@aws-sdk/lib-dynamodb` in a simulation: the document client, over the world's table. */

class Command {
  readonly operation: Operation
  readonly input: CommandInput

  constructor(operation: Operation, input: CommandInput) {
    this.operation = operation
    this.input = input
  }
}

export class GetCommand extends Command {
  constructor(input: CommandInput) {
    super('get', input)
  }
}

export class BatchGetCommand extends Command {
  constructor(input: CommandInput) {
    super('batch-get', input)
  }
}

export class PutCommand extends Command {
  constructor(input: CommandInput) {
    super('put', input)
  }
}

export class DeleteCommand extends Command {
  constructor(input: CommandInput) {
    super('delete', input)
  }
}

export class QueryCommand extends Command {
  constructor(input: CommandInput) {
    super('query', input)
  }
}

export const DynamoDBDocumentClient = {
  from: () => ({
    send: async (command: Command): Promise<object> => {
      const { table, meter } = world()
      meter?.received(command.constructor.name)
      return table.send(command.operation, command.input)
    },
  }),
}
