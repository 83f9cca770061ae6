// Whether an answer calls itself everyone's, by name: then a shared cache may serve it to anyone, whoever asked for it. Pure.
import { isPresent } from '../http/cachecontrol.ts'
import { responsePolicy } from '../http/targeted.ts'
import type { Visit } from './visit.ts'

export function isPublic({ fields }: Visit): boolean {
  const { control } = responsePolicy(fields)
  return (isPresent(control, 'public') || isPresent(control, 's-maxage')) && !isPresent(control, 'private') && !isPresent(control, 'no-store') // prettier-ignore
}
