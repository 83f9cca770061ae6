// The command line: the table of verbs. What a verb does is in the file of its name.

import { Command } from 'commander'
import { version } from './version.ts'

interface Verb {
  name: string
  /** Its file, which no other verb has to wait for: a process that was killed is to answer again within a second. */
  load: () => Promise<(program: Command) => void>
  /** Command lines as people type them, each with what it does. */
  examples: [line: string, does: string][]
}

const verbs: Verb[] = [
  {
    name: 'serve',
    load: async () => (await import('./serve.ts')).registerServe,
    examples: [
      ['serve https://my-origin.example', 'shield a site, on port 8080'],
      ['serve localhost:3000 localhost:3001 --listen 0.0.0.0:80', 'two origins, one site'],
      ['serve --config breakwater.yaml', 'everything from a file; edits are taken up while it runs'],
    ],
  },
  {
    name: 'handover',
    load: async () => (await import('./handover.ts')).registerHandover,
    examples: [['handover', 'a new version, or a changed port, without a request lost']],
  },
  {
    name: 'origin',
    load: async () => (await import('./origin.ts')).registerOrigin,
    examples: [
      ['origin list', 'what is there and how it is'],
      ['origin add https://new.example', 'one more origin, from now on'],
      ['origin drain localhost:3000', 'no new requests, before a restart of it'],
    ],
  },
  {
    name: 'mode',
    load: async () => (await import('./mode.ts')).registerMode,
    examples: [
      ['mode', 'the mode that each site is in'],
      ['mode spike --for 2h', 'spike mode, which ends by itself'],
      ['mode --is normal && run-backup', 'a job that does not run in a spike, nor when nobody answers'],
    ],
  },
  {
    name: 'freeze',
    load: async () => (await import('./freeze.ts')).registerFreeze,
    examples: [
      ['freeze https://www.example.org', 'take a snapshot of the site, and say what it covers'],
      ['freeze --serve', 'answer the site from it, with the origin off; back: mode normal'],
      ['freeze --use previous', 'the snapshot before, from the next request on'],
    ],
  },
  {
    name: 'journal',
    load: async () => (await import('./journal.ts')).registerJournal,
    examples: [
      ['journal status', 'how many forms wait, arrived or were refused'],
      ['journal list --state set-aside', 'those that wait for a person'],
      ['journal export --csv', 'all of them, to be read into the site'],
    ],
  },
  {
    name: 'event',
    load: async () => (await import('./event.ts')).registerEvent,
    examples: [
      ['event add Powerball --at "2026-11-25 22:00" --tz America/Chicago --for 3h', 'spike mode for three hours'],
      ['event list', 'what is planned, what is on, and what is not undone'],
      ['event stop Powerball', 'end it now, and undo what was done for it'],
    ],
  },
  {
    name: 'certificates',
    load: async () => (await import('./certificates.ts')).registerCertificates,
    examples: [
      ['certificates list', 'each name of tls.acme, until when its certificate is good, and what went wrong'],
      ['certificates revoke www.example.org', 'its key was lost: revoke it and order another one'],
    ],
  },
  {
    name: 'cluster',
    load: async () => (await import('./cluster.ts')).registerCluster,
    examples: [
      ['cluster', 'the other nodes, who leads, and what each may send to the origins'],
      ['cluster forget edge-3', 'that machine is gone for good: its share is free'],
    ],
  },
  {
    name: 'purge',
    load: async () => (await import('./purge.ts')).registerPurge,
    examples: [
      ['purge https://www.example.org/news', 'one page, all its variants'],
      ['purge --site shop', 'whatever is stored of a site'],
    ],
  },
  {
    name: 'alerts',
    load: async () => (await import('./alerts.ts')).registerAlerts,
    examples: [
      ['alerts', 'what is the matter, and what was'],
      ['alerts test', 'a test message on every channel'],
    ],
  },
  {
    name: 'waiting-room',
    load: async () => (await import('./waiting-room.ts')).registerWaitingRoom,
    examples: [
      ['waiting-room link https://www.example.org/ --site shop --for 7d', 'whoever has the link does not wait'],
      ['waiting-room invite --site shop --count 500', 'codes for a room by invitation'],
    ],
  },
  {
    name: 'verify-lottery',
    load: async () => (await import('./verify-lottery.ts')).registerVerifyLottery,
    examples: [['verify-lottery shop-main.json --ticket 0f3a…', 'was the draw fair, and where did I stand']],
  },
  {
    name: 'status',
    load: async () => (await import('./status.ts')).registerStatus,
    examples: [
      ['status', 'what the public status page says'],
      ['status publish /var/www/status --every "1 min"', 'the page as static files, for another place'],
    ],
  },
  {
    name: 'report',
    load: async () => (await import('./report.ts')).registerReport,
    examples: [
      ['report --last 3h --html report.html', 'what happened, as text and as a page with charts'],
      ['report --from 2026-12-24T19:00Z --to 2026-12-24T23:00Z', 'an evening'],
      ['report --event Powerball --html report.html', 'a planned event, beside its forecast and rehearsal'],
    ],
  },
  {
    name: 'check',
    load: async () => (await import('./check.ts')).registerCheck,
    examples: [
      ['check', 'the config in this folder'],
      ['check --config staging.yaml --print', 'every value, and where it comes from'],
    ],
  },
  {
    name: 'audit',
    load: async () => (await import('./audit.ts')).registerAudit,
    examples: [
      ['audit https://www.example.org/', 'what a cache could answer, and what keeps it from that'],
      ['audit localhost:3000 --cookie "session=…" --html audit.html', 'pages that are not everyone’s, too; as a page'],
    ],
  },
  {
    name: 'prove',
    load: async () => (await import('./prove.ts')).registerProve,
    examples: [
      ['prove https://origin.example.net/news', 'may strangers share one copy of this page in a spike'],
      ['prove localhost:3000/ --cookie "session=…"', 'and what it shows to one who is logged in'],
    ],
  },
  {
    name: 'explain',
    load: async () => (await import('./explain.ts')).registerExplain,
    examples: [
      ['explain https://www.example.org/news', 'is it answered from the store, and if not, what is to blame'],
      ['explain localhost:3000/ --cookie "session=…" --spike', 'for one who is logged in, in a spike'],
      ['explain --client 203.0.113.7', 'why the running shield slows this client, or keeps it out'],
    ],
  },
  {
    name: 'networks',
    load: async () => (await import('./networks.ts')).registerNetworks,
    examples: [
      ['networks cloudflare --to cloudflare.txt', 'the addresses of a CDN, for proxies.trusted; once a week by cron'],
    ],
  },
  {
    name: 'rehearse',
    load: async () => (await import('./rehearse.ts')).registerRehearse,
    examples: [
      ['rehearse http://127.0.0.1:8080 --find-wall', 'how much the site bears, and what breaks first'],
      ['rehearse localhost:8080 --rate 100 --seconds 60 --path / --path /news=3', 'a steady crowd'],
      ['rehearse localhost:8080 --journey sign.yaml --find-wall --json', 'the figures, for a program'],
      ['rehearse --scenario tv', 'a true story, without the shield and with it'],
    ],
  },
  {
    name: 'rehearsals',
    load: async () => (await import('./rehearsals.ts')).registerRehearsals,
    examples: [
      ['rehearsals', 'what earlier ones found'],
      ['rehearsals compare previous latest', 'better, worse, or not told apart'],
    ],
  },
  {
    name: 'agent',
    load: async () => (await import('./agent.ts')).registerAgent,
    examples: [
      ['agent --host 10.0.0.5 --watch 3000', 'on the host of the site, for rehearse --agent http://10.0.0.5:9912'],
    ],
  },
  {
    name: 'demo',
    load: async () => (await import('./demo.ts')).registerDemo,
    examples: [
      ['demo', 'thirty seconds of a crowd, then the site to click around'],
      ['demo --seconds 10 --json', 'the figures only'],
    ],
  },
]

/** The command line: of a verb that is known it alone, otherwise all of it. What goes wrong in it is thrown. */
export async function buildProgram(verb?: string): Promise<Command> {
  const program = new Command('breakwater')
    .description('A shield in front of any web site that keeps it standing through its biggest hour.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [verb]', 'print how to use a verb')
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
  const known = verbs.filter(({ name }) => name === verb)
  for (const { name, load, examples } of known.length > 0 ? known : verbs) {
    const register = await load()
    register(program)
    program.commands.find(each => each.name() === name)?.addHelpText('after', exampleText(examples))
  }
  return program.addHelpText('after', exampleText(verbs.map(each => each.examples[0]!)))
}

function exampleText(examples: Verb['examples']): string {
  const lines = examples.map(([line, does]) => [`  $ breakwater ${line}`, does] as const)
  const width = Math.max(...lines.map(([line]) => line.length))
  return `\nExamples:\n${lines.map(([line, does]) => `${line.padEnd(width)}   ${does}`).join('\n')}`
}
