-- A stored response for those who asked for it, for a few seconds. Where it is the owner's answer nobody waits for that any more.
--
-- KEYS: response (string), claim (hash)
-- ARGV: response, ms, channel, the claim's id
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('HGET', KEYS[2], 'state') == 'asked' then redis.call('DEL', KEYS[2]) end
return redis.call('PUBLISH', ARGV[3], 'have ' .. ARGV[4])
