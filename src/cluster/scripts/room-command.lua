-- What an operator has said of the room on one node holds on every one. Answers its number.
--
-- ARGV: what was said (JSON)
redis.call('HSET', KEYS[1], 'commanded', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'commands', 1)
