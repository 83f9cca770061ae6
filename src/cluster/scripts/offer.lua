-- A stored response for those who asked for it, for a few seconds.
--
-- KEYS: response (string)
-- ARGV: response, ms, channel, the claim's id
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('PUBLISH', ARGV[3], 'have ' .. ARGV[4])
