-- What a claim was for has come, and may be asked for by others; or it has not, or may not be kept, and each fetches for itself; or
-- it is not there any more, and who wants it claims it anew.
--
-- KEYS: claim (hash)
-- ARGV: node, incarnation, 'done', 'free' or 'again', ms for which it may be asked for, channel, the claim's id
local claim = redis.call('HMGET', KEYS[1], 'node', 'incarnation', 'wanted')
if claim[1] ~= ARGV[1] or claim[2] ~= ARGV[2] then return 0 end
if ARGV[3] ~= 'done' then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[5], ARGV[3] .. ' ' .. ARGV[6])
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'done')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return claim[3] and 1 or 0
