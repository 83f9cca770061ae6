-- The fetch that a claim is for goes on.
--
-- KEYS: claim (hash)
-- ARGV: node, incarnation, ms
local claim = redis.call('HMGET', KEYS[1], 'node', 'incarnation')
if claim[1] ~= ARGV[1] or claim[2] ~= ARGV[2] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
