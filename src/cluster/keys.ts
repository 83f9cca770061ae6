// The names of what lies in the store. What one script touches shares a hash tag (the part in braces), so that in a Redis
// Cluster it lies on one server: one tag for what concerns the nodes, one for each site, one for copies of forms.

export interface Keys {
  members: string
  lease: string
  logHead: string
  log: string
  /** The channel on which nodes tell each other that something has changed. */
  news: string
  shares(site: string, origin: string): string
  /** Who fetches a page, and the stored response for those who asked for it; `id` stands for its key. */
  claim(site: string, id: string): string
  record(site: string, id: string): string
  modes: string
  figures: string
  /** What was commanded of events, and whose each of their steps is. */
  events: string
  steps: string
  /** When all is paid off that was taken from a window of a rate. */
  rate(site: string, id: string): string
  /** Of ordered certificates, in the order in which the script names them; `mark` names the key that they are sealed with. */
  certificates(mark: string | null): string[]
  /** What session tickets are sealed with, under a key of this mark. */
  tickets(mark: string): string
  /** What nodes sign the tickets of waiting rooms with; sealed, where it is: the name that it had in plain is there as well. */
  secret(mark: string | null): string[]
  /** A waiting room's, in the order in which its scripts name them. */
  room(site: string, room: string): string[]
}

const ROOM = ['', 'rows', 'bits', 'sessions', 'who', 'awaited', 'returning', 'marks', 'epochs', 'invited']

/**
 * Who orders is no secret, and is the same for all. The rest lies apart for each key, so that nobody finds what they cannot open; and with a key what lies
 * there in plain, from before, is named as well, to be taken away.
 */
function certificateKeys(nodes: string, mark: string | null): string[] {
  const [certificates, ...others] = ['certificates', 'challenges', 'accounts'].map(part => `${nodes}:${part}`)
  const plain = [certificates!, `${nodes}:orders`, ...others]
  if (mark === null) return plain
  return [...plain.map((key, i) => (i === 1 ? key : `${key}:${mark}`)), certificates!, ...others]
}

/** `cluster` is the cluster's name. */
export const keysOf = (cluster: string): Keys => ({
  members: `${cluster}:{nodes}:members`,
  lease: `${cluster}:{nodes}:lease`,
  logHead: `${cluster}:{nodes}:purges:head`,
  log: `${cluster}:{nodes}:purges`,
  news: `${cluster}:{nodes}:news`,
  shares: (site, origin) => `${cluster}:{${site}}:shares:${origin}`,
  claim: (site, id) => `${cluster}:{${site}}:claim:${id}`,
  record: (site, id) => `${cluster}:{${site}}:record:${id}`,
  modes: `${cluster}:{nodes}:modes`,
  figures: `${cluster}:{nodes}:figures`,
  events: `${cluster}:{nodes}:events`,
  steps: `${cluster}:{nodes}:steps`,
  rate: (site, id) => `${cluster}:{${site}}:rate:${id}`,
  certificates: mark => certificateKeys(`${cluster}:{nodes}`, mark),
  tickets: mark => `${cluster}:{nodes}:tickets:${mark}`,
  secret: mark => (mark === null ? [''] : [`:${mark}`, '']).map(end => `${cluster}:{nodes}:secret${end}`),
  room: (site, room) => ROOM.map(part => `${cluster}:{${site}}:room:${room}${part === '' ? '' : `:${part}`}`),
})

export interface JournalKeys {
  /** Journals, with who has each and when it was heard of. */
  owners: string
  /** How long the server has been there. */
  head: string
  news: string
  /** A large form's body. */
  body(receipt: string): string
  /** A journal's: what its forms say, how far each has come, and which of them others have taken over. */
  of(owner: string): { stream: string; index: string; moved: string }
}

/** What copies of forms lie under, all with one hash tag: scripts touch several journals. */
export const journalKeys = (cluster: string): JournalKeys => ({
  owners: `${cluster}:{journal}:owners`,
  head: `${cluster}:{journal}:head`,
  news: `${cluster}:{journal}:news`,
  body: receipt => `${cluster}:{journal}:body:${receipt}`,
  of: owner => ({
    stream: `${cluster}:{journal}:forms:${owner}`,
    index: `${cluster}:{journal}:index:${owner}`,
    moved: `${cluster}:{journal}:moved:${owner}`,
  }),
})
