// Every way in which a config can be wrong: one table, so that each has a name to search for and a word on what to do.
// The reference lists it.

export const CONFIG_ERRORS = {
  'not-found': 'There is no such file. Name one with --config, or start in the folder where breakwater.yaml lies.',
  unreadable: 'The file is there, but reading it failed. Look at its permissions.',
  'too-large': 'A config file may have 1 MiB. Longer lists belong into files of their own.',
  syntax: 'The file is not valid YAML, JSON or TypeScript; nothing of it could be used.',
  'alias-bomb': 'YAML aliases repeat so much that the file would not fit into memory. Write the values out.',
  'module-failed': 'The config module could not be loaded, or exports no config as its default.',
  'duplicate-key': 'The same name stands twice in one group; only one of them could count.',
  'unknown-option': 'There is no option of this name here. The nearest known name is given where there is one.',
  'wrong-type': 'The value is of another type than the option takes.',
  'no-unit': 'Durations, sizes and percentages are written with their unit, so that nobody has to guess it.',
  'out-of-bounds': 'The value is beyond the bounds of the option.',
  'bad-value': 'The value is of the right type, but not one the option takes.',
  'bad-url': 'An origin is an http or https URL with nothing behind the host and port.',
  'bad-address': 'The address to listen on is not understood.',
  'bad-cidr': 'The value is neither an IP address nor a network in CIDR notation.',
  'bad-pattern': 'The pattern is not understood.',
  'plain-secret': 'Secrets do not stand in the config itself; name an environment variable or a file.',
  'secret-unreadable': 'The environment variable is not set, or the file cannot be read or is empty.',
  'bad-certificate': 'The certificate or its key cannot be read, or they do not belong together.',
  'file-unreadable': 'A file that the config names cannot be read.',
  'missing-option': 'The option has no default and must be written.',
  'no-site': 'There is nothing to shield: name an origin on the command line, or a site in the config.',
  'no-origin': 'The site has no origin.',
  'origins-twice': 'Origins are given on the command line and in the config file; use one of the two.',
  'duplicate-name': 'Two sites, two events, or two rules or waiting rooms of a site have the same name.',
  'duplicate-host': 'Two sites claim the same host.',
  'duplicate-origin': 'A site has the same origin twice.',
  contradiction: 'Two options contradict each other.',
} as const

export type ErrorCode = keyof typeof CONFIG_ERRORS

/** What is probably not meant, but works. */
export const CONFIG_WARNINGS = {
  'past-event': 'The event is over and does not repeat: it will not take place.',
  'open-admin':
    'The admin address can be reached from other machines and speaks no HTTPS: whoever listens in reads its token.',
  'unverified-origin': 'Whoever stands between Breakwater and the origin can read and change everything.',
  'plain-keys':
    'Whoever reads the server of the cluster has the private keys of ordered certificates, and visitors shake hands anew with each node: give all nodes one `cluster.secret`.',
  'idle-rule': 'The rule matches requests, but sets nothing for them.',
} as const

export type WarningCode = keyof typeof CONFIG_WARNINGS

/** One thing that is wrong with a config. Line and column start at 1; they are missing where the source has none. */
export interface ConfigError {
  readonly code: ErrorCode | WarningCode
  /** The file, or where else the value came from: "command line". */
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** The option's path as one would say it: `sites[0].origins[1].url`. Empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly expected?: string
  /** The known name nearest to one that is not known. */
  readonly nearest?: string
}
