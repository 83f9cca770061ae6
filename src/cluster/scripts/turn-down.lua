-- The owner of a page was asked for it and has a reason not to fetch it now: those who want it need not wait for that.
--
-- KEYS: claim (hash)
-- ARGV: node, channel, the claim's id
local claim = redis.call('HMGET', KEYS[1], 'state', 'owner')
if claim[1] ~= 'asked' or claim[2] ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return redis.call('PUBLISH', ARGV[2], 'alone ' .. ARGV[3])
