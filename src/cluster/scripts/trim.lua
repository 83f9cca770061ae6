-- The leader shortens the purge log by what every node has. Fenced: a node that was paused while its lease ran out holds an
-- old token, and changes nothing.
--
-- KEYS: lease (hash), purge log (stream)
-- ARGV: token, the last entry that every node has
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return -1 end
return redis.call('XTRIM', KEYS[2], 'MINID', '=', (tonumber(ARGV[2]) + 1) .. '-0')
