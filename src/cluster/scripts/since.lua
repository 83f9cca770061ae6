-- What of the purge log comes after an entry, with the log's identity and head as they are at the same moment.
--
-- KEYS: purge log's head (hash), purge log (stream)
-- ARGV: the last entry that the caller has, how many at most
local head = redis.call('HMGET', KEYS[1], 'id', 'seq')
local entries = redis.call('XRANGE', KEYS[2], (tonumber(ARGV[1]) + 1) .. '-0', '+', 'COUNT', ARGV[2])
return { head[1], tonumber(head[2] or '0'), entries }
