// Ready recipes for scaling out with the big clouds' own tools, as programs: done with one number of instances, undone with another. A
// number, not a difference, so that doing it twice is doing it once.

export const RECIPES = ['kubectl', 'aws', 'aws-ecs', 'gcloud', 'azure'] as const
export const SCHEDULES = ['aws', 'gcloud', 'azure'] as const

export interface Scale {
  what: string
  /** Namespace, region, cluster, zone or resource group. */
  in: string | undefined
  instances: number
}

/** An option with its value, where there is one. */
const given = (option: string, value: string | undefined): string[] => (value === undefined ? [] : [option, value])

/** Two programs, one after the other; the second waits until the instances are there. Nothing of theirs is read by the shell. */
const both = (first: string[], second: string[]): string[] => ['sh', '-c', `${quoted(first)} && ${quoted(second)}`]

const quoted = (program: readonly string[]): string =>
  program.map(word => (/^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')

export function scaleProgram(tool: (typeof RECIPES)[number], { what, in: where, instances }: Scale): string[] {
  const n = String(instances)
  switch (tool) {
    case 'kubectl': {
      const to = [...given('--namespace', where)]
      return both(
        ['kubectl', 'scale', what, `--replicas=${n}`, ...to],
        ['kubectl', 'rollout', 'status', what, '--timeout=9m', ...to],
      )
    }
    case 'aws':
      return [
        ...['aws', 'autoscaling', 'set-desired-capacity', '--auto-scaling-group-name', what],
        ...['--desired-capacity', n, ...given('--region', where)],
      ]
    case 'aws-ecs': {
      const cluster = given('--cluster', where)
      return both(
        ['aws', 'ecs', 'update-service', ...cluster, '--service', what, '--desired-count', n],
        ['aws', 'ecs', 'wait', 'services-stable', ...cluster, '--services', what],
      )
    }
    case 'gcloud': {
      const group = ['gcloud', 'compute', 'instance-groups', 'managed']
      return both(
        [...group, 'resize', what, `--size=${n}`, ...given('--zone', where)],
        [...group, 'wait-until', what, '--stable', '--timeout=540', ...given('--zone', where)],
      )
    }
    case 'azure':
      return ['az', 'vmss', 'scale', ...given('--resource-group', where), '--name', what, '--new-capacity', n]
  }
}

/** Ends with 0 only if the tool's own schedule brings so many instances; for AWS also not later than the event starts. */
export function scheduleProgram(tool: (typeof SCHEDULES)[number], { what, in: where, instances }: Scale): string[] {
  const n = String(instances)
  switch (tool) {
    case 'aws':
      return [
        'sh',
        '-c',
        // Times of the tool begin as ISO 8601, so letters compare them: 2026-11-25T21:30:00.
        `aws autoscaling describe-scheduled-actions --auto-scaling-group-name "$1" \${3:+--region "$3"} --query 'ScheduledUpdateGroupActions[].[DesiredCapacity,StartTime]' --output text | awk -v n="$2" -v start="$BREAKWATER_START" '$1 >= n + 0 && substr($2, 1, 19) <= substr(start, 1, 19) { found = 1 } END { exit !found }'`,
        ...['schedule', what, n, ...(where === undefined ? [] : [where])],
      ]
    case 'gcloud':
      return [
        'sh',
        '-c',
        `gcloud compute instance-groups managed describe "$1" \${3:+--zone="$3"} --format='yaml(autoscaler.autoscalingPolicy.scalingSchedules)' | awk -v n="$2" '$1 == "disabled:" { off = $2 == "true" } $1 == "minRequiredReplicas:" { if ($2 >= n + 0 && !off) found = 1; off = 0 } END { exit !found }'`,
        ...['schedule', what, n, ...(where === undefined ? [] : [where])],
      ]
    case 'azure':
      return [
        'sh',
        '-c',
        `az monitor autoscale show --name "$1" \${3:+--resource-group "$3"} --query 'profiles[?recurrence || fixedDate].capacity.minimum' --output tsv | awk -v n="$2" '$1 >= n + 0 { found = 1 } END { exit !found }'`,
        ...['schedule', what, n, ...(where === undefined ? [] : [where])],
      ]
  }
}
