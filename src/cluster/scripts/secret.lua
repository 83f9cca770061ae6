-- What all nodes sign with: the first one that comes lays its own down, and everybody takes what lies there.
--
-- KEYS: the secret
-- ARGV: this node's own
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
