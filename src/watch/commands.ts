// Adding, draining and removing origins, and forgetting nodes: what was asked is checked for its form and handed to core, which decides.

import type { CommandType, CoreLink, Outcome } from './core-link.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** The status for each thing that core may find wrong. */
const statuses: Record<Extract<Outcome, { code: string }>['code'], number> = {
  'bad-url': 422,
  'unknown-site': 404,
  'unknown-room': 404,
  'which-site': 422,
  'unknown-origin': 404,
  'already-there': 409,
  'last-origin': 409,
  full: 409,
  'which-room': 422,
  'core-away': 503,
  'no-cluster': 409,
  'unknown-node': 404,
  'node-lives': 409,
  'cluster-away': 503,
}

/** Longer than any URL of an origin. */
const LONGEST_TEXT = 2048

/** `given` has `url`, and `site` where there are several. */
export async function changeOrigin(
  core: CoreLink,
  command: CommandType,
  given: Record<string, unknown>,
): Promise<Reply> {
  const { url, site = null, ...others } = given
  if (!isText(url)) return problem(422, 'url is missing: the origin, as in {"url": "http://127.0.0.1:3000"}.')
  if (site !== null && !isText(site)) return problem(422, 'site has to be the name of a site.')
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    return problem(422, `There is no member ${JSON.stringify(unknown)} here; url and site are known.`)
  const outcome = await core.command(command, site, url)
  if ('origins' in outcome) return json({ origins: outcome.origins }, command === 'origin-add' ? 201 : 200)
  return problem(statuses[outcome.code], outcome.message, { code: outcome.code })
}

/** Says that a lost node of the cluster is gone for good. */
export async function forgetNode(core: CoreLink, given: Record<string, unknown>): Promise<Reply> {
  const { node, ...others } = given
  if (!isText(node) || Object.keys(others).length > 0)
    return problem(422, 'Say which: {"node": "edge-3"}, and nothing else.')
  const outcome = await core.forget(node)
  if (outcome !== null) return problem(statuses[outcome.code], outcome.message, { code: outcome.code })
  return json({ cluster: core.status?.status.cluster ?? null })
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT
