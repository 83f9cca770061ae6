// What deploy/ has fits the program: configs load, options are there, units are right, and times leave room for a drain.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { buildProgram } from '../../src/cli/program.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/types.ts'
import { routes } from '../../src/watch/routes.ts'

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url))
const root = join(deploy, '..')
const text = (path: string): string => readFileSync(join(deploy, path), 'utf8')

/** Objects as YAML has them; what is not there fails the test that looks for it. */
type Yaml = Record<string, unknown>
const at = (from: unknown, ...path: (string | number)[]): unknown =>
  path.reduce((inner, name) => (inner as Record<string | number, unknown> | undefined)?.[name], from)
const documents = (path: string): Yaml[] =>
  parseAllDocuments(text(path)).map(document => {
    assert.deepEqual(document.errors, [], path)
    return document.toJS() as Yaml
  })

/** Loads without a warning but those that are `known`. */
async function configIn(content: string, known: string[] = []): Promise<Config> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-deploy-'))
  const file = join(folder, 'breakwater.yaml')
  writeFileSync(file, content)
  const loaded = await loadConfig({ file })
  rmSync(folder, { recursive: true })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  assert.deepEqual(
    loaded.warnings.map(({ code }) => code),
    known,
  )
  return loaded.config
}

const program = await buildProgram()

/** The command line has this verb with these options. */
function isCommandLine(args: string[]): void {
  const [verb, ...rest] = args
  const command = program.commands.find(each => each.name() === verb)
  assert.ok(command, `there is no verb ${verb}`)
  const known = new Set(command.options.map(({ long }) => long))
  for (const option of rest.filter(each => each.startsWith('--'))) assert.ok(known.has(option), `${verb} ${option}`)
}

/** Values of a unit's key, in order. */
const values = (unit: string, key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!)

/** What the process needs to end at most, seconds: the drain, five for core and journal, one for watch. */
const endsWithin = ({ shutdown }: Config): number => shutdown.drain / 1000 + 6

const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' })

describe('deploy', () => {
  it('has a unit whose commands are ours, and which is given the time for a drain', async () => {
    const unit = text('systemd/breakwater.service')
    const commands = [...values(unit, 'ExecStart'), ...values(unit, 'ExecReload')]
    assert.equal(commands.length, 2)
    for (const command of commands) {
      const [program, ...args] = command.split(' ')
      assert.equal(program, '/usr/bin/breakwater')
      isCommandLine(args)
    }
    const config = await configIn('listen: :80\nsites: [{ origins: [http://127.0.0.1:3000] }]\n')
    assert.ok(Number(values(unit, 'TimeoutStopSec')[0]) > endsWithin(config))
    assert.deepEqual(values(text('systemd/breakwater.socket'), 'ListenStream'), [String(config.listen[0]!.port)])
  })

  it('has units that systemd finds nothing wrong with, and calls well hardened', context => {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined)
      return context.skip('systemd-analyze is not installed')
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-units-'))
    context.after(() => rmSync(folder, { recursive: true }))
    cpSync(join(deploy, 'systemd'), folder, { recursive: true })
    const service = join(folder, 'breakwater.service')
    // A program has to be there to be found right.
    writeFileSync(service, readFileSync(service, 'utf8').replaceAll('/usr/bin/breakwater', '/bin/true'))
    const verified = analyze('verify', '--man=no', service, join(folder, 'breakwater.socket'))
    assert.deepEqual([verified.status, verified.stderr], [0, ''])
    const { stdout } = analyze('security', '--offline=yes', '--no-pager', service)
    const [, exposure] = /Overall exposure level for breakwater\.service: ([\d.]+)/.exec(stdout) ?? []
    context.diagnostic(`exposure ${exposure} of 10`)
    assert.ok(Number(exposure) < 2.5, stdout)
  })

  it('has a Dockerfile whose files are there, which runs as nobody special and starts what we have', () => {
    const lines = text('docker/Dockerfile').split('\n')
    const named = (word: string): string[] => lines.filter(line => line.startsWith(`${word} `))
    assert.deepEqual(named('USER'), ['USER 1000:1000'])
    const [, entry] = /^ENTRYPOINT (.*)$/m.exec(lines.join('\n'))!
    assert.deepEqual(JSON.parse(entry!), ['node', '/app/bin/breakwater.mjs'])
    isCommandLine(JSON.parse(/^CMD (\[.*)$/m.exec(lines.join('\n'))![1]!) as string[])
    // What it copies is there after a build, and is all that the package has.
    const copied = new Set(lines.flatMap(line => /^COPY --from=build \/build\/(\S+)/.exec(line)?.[1] ?? []))
    const { files, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      files: string[]
      engines: { node: string }
    }
    for (const file of files.filter(each => !/\.md$|LICENSE|NOTICE/.test(each)))
      assert.ok(copied.has(file), `${file} is not copied`)
    const major = Number(/^FROM node:(\d+)-slim$/m.exec(lines.join('\n'))![1])
    assert.ok(major >= Number(/\d+/.exec(engines.node)![0]))
    const [, health] = /HEALTHCHECK[^]*?\n\s+CMD (\[.*\])/.exec(lines.join('\n'))!
    assert.ok(routes.some(({ path }) => health!.includes(`:9900${path}'`)))
  })

  it('has a Compose file with a config that loads, a read-only root, and the time for a drain', async () => {
    const [compose] = documents('compose/compose.yaml')
    const config = await configIn(text('compose/breakwater.yaml'))
    const service = at(compose, 'services', 'breakwater')
    isCommandLine(at(service, 'command') as string[])
    assert.equal(at(service, 'read_only'), true)
    assert.deepEqual(at(service, 'cap_drop'), ['ALL'])
    assert.ok(Number.parseInt(at(service, 'stop_grace_period') as string, 10) > endsWithin(config))
    assert.deepEqual(at(service, 'ports'), [`80:${config.listen[0]!.port}`])
    assert.equal(config.sites[0]!.origins[0]!.url.hostname, 'site')
    assert.ok(at(compose, 'services', 'site'))
    assert.ok((at(service, 'volumes') as string[]).includes(`state:${config.data}`))
  })

  it('has Kubernetes manifests that fit each other and the program', async () => {
    const [kustomization] = documents('kubernetes/kustomization.yaml')
    const files = at(kustomization, 'resources') as string[]
    const others = readdirSync(join(deploy, 'kubernetes')).filter(name => name !== 'kustomization.yaml')
    assert.deepEqual(files.toSorted(), others.toSorted())
    const all = files.flatMap(file => documents(`kubernetes/${file}`))
    const of = (kind: string): Yaml => all.find(each => each['kind'] === kind)!
    const config = await configIn(at(of('ConfigMap'), 'data', 'breakwater.yaml') as string, ['open-admin'])
    // Which is why a policy keeps others from it.
    const open = at(of('NetworkPolicy'), 'spec', 'ingress') as { ports: { port: string }[]; from?: unknown[] }[]
    assert.deepEqual(
      open.map(({ ports, from }) => [ports[0]!.port, from?.length]),
      [
        ['http', undefined],
        ['admin', 1],
      ],
    )
    const set = of('StatefulSet')
    const pod = at(set, 'spec', 'template', 'spec')
    const container = at(pod, 'containers', 0)
    isCommandLine(at(container, 'args') as string[])
    const ports = at(container, 'ports') as { name: string; containerPort: number }[]
    assert.deepEqual(
      ports.map(({ name, containerPort }) => [name, containerPort]),
      [
        ['http', config.listen[0]!.port],
        ['admin', config.admin.listen.port],
      ],
    )
    for (const [probe, path] of [
      ['startupProbe', '/healthz'],
      ['livenessProbe', '/healthz'],
      ['readinessProbe', '/readyz'],
    ] as const) {
      assert.deepEqual(at(container, probe, 'httpGet'), { path, port: 'admin' })
      assert.ok(routes.some(route => route.path === path))
    }
    const [, seconds] = at(container, 'lifecycle', 'preStop', 'exec', 'command') as string[]
    const grace = at(pod, 'terminationGracePeriodSeconds') as number
    assert.ok(grace > Number(seconds) + endsWithin(config), `${grace} s`)
    const labels = at(set, 'spec', 'template', 'metadata', 'labels')
    assert.deepEqual(at(of('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels'), labels)
    assert.deepEqual(at(of('Service'), 'spec', 'selector'), labels)
    assert.ok(
      (at(set, 'spec', 'replicas') as number) > (at(of('PodDisruptionBudget'), 'spec', 'maxUnavailable') as number),
    )
    assert.equal(at(container, 'securityContext', 'readOnlyRootFilesystem'), true)
    assert.equal(at(pod, 'securityContext', 'runAsNonRoot'), true)
    const mounts = at(container, 'volumeMounts') as { name: string; mountPath: string }[]
    assert.equal(mounts.find(({ name }) => name === 'state')?.mountPath, config.data)
  })

  it('has manifests that kubectl can put together', context => {
    const built = spawnSync('kubectl', ['kustomize', join(deploy, 'kubernetes')], { encoding: 'utf8' })
    if (built.error !== undefined) return context.skip('kubectl is not installed')
    assert.equal(built.status, 0, built.stderr)
    const kinds = parseAllDocuments(built.stdout).map(document => String(at(document.toJS(), 'kind')))
    assert.deepEqual(
      kinds.toSorted((a, b) => a.localeCompare(b)),
      ['ConfigMap', 'NetworkPolicy', 'PodDisruptionBudget', 'Service', 'Service', 'StatefulSet'],
    )
    assert.match(built.stdout, /image: registry\.example\.org\/breakwater:/)
  })
})
