-- A node goes in good order: nobody waits for it any more, and whoever beats next may lead.
--
-- KEYS: members (hash), lease (hash)
-- ARGV: name, incarnation
local row = redis.call('HGET', KEYS[1], ARGV[1])
if row and cjson.decode(row).incarnation == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
local lease = redis.call('HMGET', KEYS[2], 'holder', 'incarnation')
if lease[1] == ARGV[1] and lease[2] == ARGV[2] then redis.call('HSET', KEYS[2], 'until', 0) end
return 1
