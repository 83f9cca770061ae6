-- A site's mode, as it was commanded on one node, for all of them. What was commanded later goes before it.
--
-- KEYS: modes (hash: id, rev, and `site NAME` -> { mode, until, since, why, node, rev })
-- ARGV: site, JSON of { mode, until, since, why, node }, channel
local said = cjson.decode(ARGV[2])
local before = redis.call('HGET', KEYS[1], 'site ' .. ARGV[1])
if before and cjson.decode(before).since > said.since then return 0 end
said.rev = redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[1], 'site ' .. ARGV[1], cjson.encode(said))
redis.call('PUBLISH', ARGV[3], 'mode')
return said.rev
