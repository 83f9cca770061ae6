-- A node wants to fetch a page that it does not have. One of them does; the others hear what came of it.
--
-- KEYS: claim (hash)
-- ARGV: node, incarnation, ms that it lasts unless it is renewed, channel, the claim's id
-- `mine`: fetch it; `fetching`: another one does, and says so when it is done; `done`: another one has it, and was asked for it
local claim = redis.call('HMGET', KEYS[1], 'node', 'incarnation', 'state')
if claim[3] and not (claim[1] == ARGV[1] and claim[2] == ARGV[2]) then
  redis.call('HSET', KEYS[1], 'wanted', 1)
  if claim[3] == 'done' then redis.call('PUBLISH', ARGV[4], 'want ' .. ARGV[5] .. ' ' .. claim[1]) end
  return claim[3]
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'incarnation', ARGV[2], 'state', 'fetching')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'mine'
