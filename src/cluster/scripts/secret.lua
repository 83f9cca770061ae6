-- What all nodes sign with: the first one that comes lays its own down, and everybody takes what lies there.
--
-- KEYS: the secret; where it is sealed also what it was called before, which is taken away
-- ARGV: this node's own
if KEYS[2] then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
