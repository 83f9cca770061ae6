// All stories, by the section that they are about.

import type { Story } from './story.ts'
import { preconditions } from './rfc9110-13-preconditions.ts'
import { ranges } from './rfc9110-14-ranges.ts'
import { interim } from './rfc9110-15.2-interim.ts'
import { storing } from './rfc9111-3-storing.ts'
import { fields } from './rfc9111-3.1-fields.ts'
import { updating } from './rfc9111-3.2-updating.ts'
import { incomplete } from './rfc9111-3.3-incomplete.ts'
import { authorization } from './rfc9111-3.5-authorization.ts'
import { answering } from './rfc9111-4-answering.ts'
import { vary } from './rfc9111-4.1-vary.ts'
import { freshness } from './rfc9111-4.2-freshness.ts'
import { stale } from './rfc9111-4.2.4-stale.ts'
import { validation } from './rfc9111-4.3-validation.ts'
import { invalidation } from './rfc9111-4.4-invalidation.ts'
import { directives } from './rfc9111-5.2-directives.ts'
import { cacheStatus } from './rfc9211-cache-status.ts'
import { targeted } from './rfc9213-targeted.ts'

export const chapters: Record<string, readonly Story[]> = {
  '3 storing': storing,
  '3.1 stored fields': fields,
  '3.2 updating stored fields': updating,
  '3.3 incomplete responses': incomplete,
  '3.5 Authorization': authorization,
  '4 answering': answering,
  '4.1 Vary': vary,
  ...freshness,
  ...stale,
  ...validation,
  '4.4 invalidation': invalidation,
  ...directives,
  'RFC 9110 section 13': preconditions,
  'RFC 9110 section 14': ranges,
  'RFC 9110 section 15.2': interim,
  'RFC 9211 Cache-Status': cacheStatus,
  ...targeted,
}
