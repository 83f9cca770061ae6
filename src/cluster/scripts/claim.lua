-- A node wants to fetch a page that it does not have. One of them does; the others hear what came of it. It may name the page's
-- owner, which is asked to do it, once: whoever names none takes over what the owner has not taken up.
--
-- KEYS: claim (hash)
-- ARGV: node, incarnation, ms that it lasts unless it is renewed, channel, the claim's id, owner or '', ms that the owner has, what
--       it has to know
-- `mine`: fetch it; `asked`: the owner was asked for it; `fetching`: another one does, and says so when it is done; `done`: another
-- one has it, and was asked for it
local claim = redis.call('HMGET', KEYS[1], 'node', 'incarnation', 'state')
local isAsked = claim[3] == 'asked'
if isAsked and ARGV[6] ~= '' then return 'asked' end
if claim[3] and not isAsked and not (claim[1] == ARGV[1] and claim[2] == ARGV[2]) then
  redis.call('HSET', KEYS[1], 'wanted', 1)
  if claim[3] == 'done' then redis.call('PUBLISH', ARGV[4], 'want ' .. ARGV[5] .. ' ' .. claim[1]) end
  return claim[3]
end
redis.call('DEL', KEYS[1])
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'state', 'asked', 'owner', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
  redis.call('PUBLISH', ARGV[4], 'fetch ' .. ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[8])
  return 'asked'
end
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'incarnation', ARGV[2], 'state', 'fetching')
if isAsked then redis.call('HSET', KEYS[1], 'wanted', 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'mine'
