-- The origin has ended a session: it is over on every node.
--
-- ARGV: number, channel, what to say on it
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
setMark(tonumber(ARGV[1]), 2)
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
