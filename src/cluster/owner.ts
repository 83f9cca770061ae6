// Whose a page is among the nodes, by rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit
// Rates", 1998): the node whose name, hashed together with the page, gives the greatest number. Whoever knows the same nodes finds the same
// one, without a word; a node that comes or goes moves only the pages that it gets or had.

import { halfSipHash, hashed } from '../base/half-siphash.ts'

/** The owner of what `id` stands for; undefined without members. */
export function ownerOf(members: readonly string[], id: string): string | undefined {
  let owner: string | undefined
  let [first, second] = [-1, -1]
  for (const name of members) {
    // The key is the same for all, so that all find the same: nobody gains by a page that is one node's.
    halfSipHash(0, 0, Buffer.from(`${name} ${id}`))
    const [high, low] = [hashed.first >>> 0, hashed.second >>> 0]
    const isGreater = high > first || (high === first && (low > second || (low === second && name > owner!)))
    if (isGreater) [owner, first, second] = [name, high, low]
  }
  return owner
}
