// What was decided, by people and by the shield, the newest first: commands with what came of them, alerts that began and ended.
import { proposeTest } from './acts.js'
import { day, timeOfDay } from './format.js'
import { Table } from './tables.js'

const SHOWN = 20

const ACTS = {
  '/api/mode': ({ site, mode, for: time }) => `${site ?? 'The site'} into ${mode} mode${time ? ` for ${time}` : ''}`,
  '/api/purge': ({ urls, tags, prefix }) =>
    `Purge of ${urls ? (urls.length === 1 ? urls[0] : `${urls.length} URLs`) : tags ? `tags ${tags.join(', ')}` : prefix ? `all below ${prefix}` : 'all that is stored'}`,
  '/api/origins': ({ url }) => `New origin ${url}`,
  '/api/origins/drain': ({ url }) => `Drain ${url}`,
  '/api/waiting-rooms': ({ site, room, rate, pause }) =>
    `Waiting room ${[site, room].filter(Boolean).join(' ')}: ${rate !== undefined ? `let in ${rate}` : pause ? 'pause' : 'open'}`,
  '/api/journal': ({ do: act }) => `Collected forms: ${act}`,
  '/api/reload': () => 'Reload of the config',
  '/api/alerts/test': () => 'Test of the alerts',
  '/api/events': ({ name, event }) => (name === undefined ? `Cancel ${event}` : `Plan ${name}`),
  '/api/events/edit': ({ event }) => `Change ${event}`,
  '/api/events/start': ({ event }) => `Start ${event} now`,
  '/api/events/stop': ({ event }) => `Stop ${event}`,
  '/api/events/cancel': ({ event }) => `Cancel ${event}`,
}

/** A command in words; as it was sent where there are none for it. */
export const wordsOf = ({ what, path, asked }) => ACTS[path]?.(asked ?? {}) ?? what

/** Rows of [moment, who, what], of commands and of alerts. */
export function decisionsOf(acts, alerts) {
  const rows = [
    ...acts.map(act => [act.at, act.status < 300 ? 'command' : 'refused', `${wordsOf(act)} (from ${act.from})`]),
    ...alerts.flatMap(({ name, text, since, until }) => [
      [since, 'alert', `${name}: ${text}`],
      ...(until === null ? [] : [[until, 'over', name]]),
    ]),
  ]
  return rows.sort((a, b) => b[0] - a[0]).slice(0, SHOWN)
}

export class Decisions {
  #table = new Table('decisions', [
    ['When', 'when'],
    ['Who', 'state'],
    ['What', 'long'],
  ])

  constructor() {
    document.getElementById('test-alerts').addEventListener('click', proposeTest)
  }

  show(acts, { active, past }) {
    const rows = decisionsOf(acts, [...active, ...past])
    // The same rows each time, written anew: so the newest stays at the top.
    this.#table.show(
      rows.map(([at, who, what], i) => [
        `row ${i}`,
        [`${day(at)} ${timeOfDay(at)}`, who, what],
        line => (line.className = levelOf(who)),
      ]),
    )
  }
}

const levelOf = who => ({ alert: 'bad', over: 'good', refused: 'warn' })[who] ?? 'quiet'
