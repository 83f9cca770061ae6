// The mark of a rehearsal's requests: the shield before a site that is rehearsed knows its own crowd by it, keeps that
// crowd's forms out of the journal and the crowd itself out of the count of visitors and their Apdex. It excuses from nothing
// else: limits, waiting rooms and refusals are what is rehearsed.
import { createHash } from 'node:crypto'
import type { Fields } from './fields.ts'
import { first } from './fields.ts'

/** The request field that carries it; it goes on to the origin, which may want to know. Fields named Breakwater-* no outsider may send. */
export const REHEARSAL_FIELD = 'Rehearsal-Mark'

const NAME = REHEARSAL_FIELD.toLowerCase()
/** 128 bits, in hex. */
const LENGTH = 32

/** Made from the token of the config, which is not sent itself. */
export const rehearsalMark = (token: string): string =>
  createHash('sha256').update(`breakwater rehearsal\n${token}`).digest('hex').slice(0, LENGTH)

/** `mark`: of the config in force; undefined where no token is set, and then nobody is marked. */
export const isMarked = (fields: Fields, mark: string | undefined): boolean =>
  mark !== undefined && first(fields, NAME) === mark
