import { jsonAnswer } from '../server/answer.ts'
import { dcsError, NO_CONTENT } from './answers.ts'
import { fieldsOf, type InstanceHandler, pageOf, UNKNOWN_DCS_FIELDS, windowOf } from './call.ts'
import type { DcsContext } from './context.ts'
import type { DcsBackup } from './state.ts'
import { beginDcsWork, refusalOfWork } from './work.ts'

/** GET …/backups (ListBackupRecords): 204 where there are none. */
export const handleListBackups: InstanceHandler = (context, instance, { query }) => {
  const window = windowOf(query, 'begin_time', 'end_time')
  if ('refusal' in window) return window.refusal
  const wanted = context.state.backups
    .filter((backup) => backup.instance_id === instance.instance_id)
    .filter((backup) => window.isWithin(backup.created_at))
    .sort((a, b) => b.created_at - a.created_at)
  if (wanted.length === 0) return NO_CONTENT
  const found = pageOf(wanted, query)
  if ('refusal' in found) return found.refusal
  return jsonAnswer({
    total_num: wanted.length,
    backup_record_response: found.page.map((backup) => backupView(context, backup)),
    ...UNKNOWN_DCS_FIELDS,
  })
}

/** POST …/backups (CopyInstance). The body and both its fields are optional. */
export const handleCreateBackup: InstanceHandler = (context, instance, call) => {
  if (instance.cache_mode === 'single') return dcsError('DCS.4095')
  const body = call.body.length === 0 ? { fields: {} } : fieldsOf(call, ['remark', 'backup_format'])
  if ('refusal' in body) return body.refusal
  const { remark = '', backup_format = 'rdb' } = body.fields as Record<string, unknown>
  if (typeof remark !== 'string' || remark.length > 128) return dcsError('DCS.4098')
  if (backup_format !== 'aof' && backup_format !== 'rdb') {
    return dcsError('DCS.4062', { message: 'Invalid backup_format parameter.' })
  }
  const refusal = refusalOfWork(context, 'backup', instance)
  if (refusal) return refusal
  const backupId = context.newId().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const { acceptedAt } = beginDcsWork(context, instance, { kind: 'backup', backupId })
  context.state.backups.push({
    backup_id: backupId,
    instance_id: instance.instance_id,
    status: 'waiting',
    backup_type: 'manual',
    backup_format,
    remark,
    created_at: acceptedAt,
    updated_at: acceptedAt,
  })
  return jsonAnswer({ backup_id: backupId, ...UNKNOWN_DCS_FIELDS })
}

function backupView({ quirks }: DcsContext, backup: DcsBackup) {
  const timeOf = (ms: number): string => {
    const iso = new Date(ms).toISOString()
    return quirks.backupTimes === 'iso' ? iso : iso.slice(0, 19).replace('T', ' ')
  }
  const hasSucceeded = backup.status === 'succeed'
  return {
    backup_id: backup.backup_id,
    backup_name: `backup_${backup.created_at}`,
    instance_id: backup.instance_id,
    period: null,
    size: hasSucceeded ? 178 : 0,
    backup_type: backup.backup_type,
    backup_format: backup.backup_format,
    created_at: timeOf(backup.created_at),
    updated_at: timeOf(backup.updated_at),
    execution_at: timeOf(backup.created_at),
    progress: hasSucceeded ? '100.00' : '0.00',
    // The documented samples show an empty object where there is no error.
    error_code: backup.status === 'failed' ? 'dcs.08.0001' : {},
    remark: backup.remark,
    status: backup.status,
    is_support_restore: hasSucceeded ? 'TRUE' : 'FALSE',
    ...UNKNOWN_DCS_FIELDS,
  }
}
