// Which of the contents that are collected a request has, by its Content-Type.

import { all } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'

export type Format = { type: 'urlencoded' } | { type: 'json' } | { type: 'multipart'; contentType: string }

/** Undefined for whatever is not collected: another type or more than one, and what is compressed, since nobody here looks into it. */
export function formatOf(fields: Fields): Format | undefined {
  const [contentType, ...more] = all(fields, 'content-type')
  if (contentType === undefined || more.length > 0) return undefined
  if (all(fields, 'content-encoding').some(coding => coding.trim().toLowerCase() !== 'identity')) return undefined
  const media = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (media === 'application/x-www-form-urlencoded') return { type: 'urlencoded' }
  if (media === 'application/json') return { type: 'json' }
  return media === 'multipart/form-data' ? { type: 'multipart', contentType } : undefined
}
