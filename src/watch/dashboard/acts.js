// What a person can do from here, as proposals: each says what will happen before it happens, and is asked for once more.
import { propose } from './actions.js'

export const proposeDrain = ({ url, site }) =>
  propose({
    title: 'Drain this origin?',
    text: `${url} gets no new requests; those in flight end by themselves.`,
    button: 'Drain',
    done: `${url} drains.`,
    path: '/api/origins/drain',
    body: { url, site },
  })

const MODES = {
  normal: {
    title: 'Back to normal mode?',
    text: site => `Rules for ${site} hold with their values for an ordinary day.`,
    button: 'Normal mode',
  },
  spike: {
    title: 'Spike mode?',
    text: site =>
      `Rules for ${site} hold with their values for a spike, and its origin is told, until somebody ends it.`,
    button: 'Spike mode',
  },
  frozen: {
    title: 'Freeze the site?',
    text: site =>
      `${site} stands still: rules hold with their values for a frozen site, and stored pages are worth more than fresh ones, until somebody ends it.`,
    button: 'Freeze',
  },
}

export function proposeMode(site, mode) {
  const { title, text, button } = MODES[mode]
  propose({
    title,
    text: text(site),
    button,
    done: `${site} is in ${mode} mode.`,
    path: '/api/mode',
    body: { site, mode },
  })
}

/** Visitors come in so many a minute, or an hour where that is less than one a minute. */
const paceOf = perMinute =>
  perMinute >= 1 ? `${Math.round(perMinute)}/min` : `${Math.max(1, Math.round(perMinute * 60))}/h`

export function proposeRoom({ site, room, rate }, wish) {
  const name = `${site} ${room}`
  const isPace = wish.rate !== undefined
  const [before, after] = [paceOf(rate.set * 60), isPace ? paceOf(Number(wish.rate)) : '']
  propose({
    title: isPace ? 'Change the rate?' : wish.pause ? 'Pause the waiting room?' : 'Open the waiting room?',
    text: isPace
      ? `${name} lets in ${after} in place of ${before}, until another command.`
      : wish.pause
        ? `Nobody comes into ${name} until it is opened again. Who is inside stays.`
        : `${name} lets visitors in again.`,
    button: isPace ? `Let in ${after}` : wish.pause ? 'Pause' : 'Open',
    done: isPace ? `${name} lets in ${after}.` : wish.pause ? `${name} is paused.` : `${name} is open.`,
    path: '/api/waiting-rooms',
    body: { site, room, ...(isPace ? { rate: after } : wish) },
  })
}

/** Of collected forms: `isPaused`, it is now; `site` is null for all of them. */
export const proposePause = (isPaused, site) =>
  propose({
    title: isPaused ? 'Resume the replay?' : 'Pause the replay?',
    text: `${site === null ? '' : `${site}: `}${
      isPaused
        ? 'Collected forms go to the origin again, at its own pace.'
        : 'Collected forms wait until it is resumed. They are still taken in, and none is lost.'
    }`,
    button: isPaused ? 'Resume' : 'Pause',
    done: isPaused ? 'Collected forms go to the origin again.' : 'Collected forms wait.',
    path: '/api/journal',
    body: { do: isPaused ? 'resume' : 'pause', site },
  })

export const proposeReplay = site =>
  propose({
    title: 'Send what waits now?',
    text: `${site === null ? '' : `${site}: `}Collected forms go to the origin at its own pace, those to be retried and of paused sites too.`,
    button: 'Send',
    done: 'Collected forms go to the origin.',
    path: '/api/journal',
    body: { do: 'replay', site },
  })

export const proposeReload = () =>
  propose({
    title: 'Reload the config?',
    text: 'The file is read again. If it is wrong, the config in force goes on serving.',
    button: 'Reload',
    done: 'The config is read and in force.',
    path: '/api/reload',
  })

export const proposePurge = () =>
  propose({
    title: 'Purge stored responses?',
    text: 'They are fetched anew when visitors ask for them again, who get what is stored until the new ones have come.',
    button: 'Purge',
    done: 'Purged on every edge.',
    path: '/api/purge',
    urls: lines => (lines.length > 0 ? { urls: lines } : { site: null }),
  })

export const proposeTest = () =>
  propose({
    title: 'Test the alerts?',
    text: 'Every channel of the config gets one message that says it is a test.',
    button: 'Send a test',
    done: ({ channels }) =>
      channels.length === 0
        ? 'No channel is in the config: nobody is told but this page.'
        : channels.map(({ channel, error }) => `${channel}: ${error ?? 'took it'}`).join('\n'),
    path: '/api/alerts/test',
  })
