import { world } from '../engine/current.ts'
import { note } from '../engine/request.ts'

/** Stands in for `@aws-lambda-powertools/logger` in a simulation: what is logged is part of the story. */
export class Logger {
  readonly info = line('info')
  readonly warn = line('warn')
  readonly error = line('error')
}

function line(level: string): (message: string, fields: object) => void {
  return (message, fields) => {
    world().meter?.used({ kind: 'log', level, message, fields })
    if (message === 'message failed') {
      const { queue, messageId, receives } = fields as Record<string, string> // of lib/aws/sqs-batch.ts
      world().witness.failed(`${queue}/${messageId}/${receives}`)
    }
    if (world().log) note(`logs ${level}: ${message} ${JSON.stringify(fields)}`)
  }
}
