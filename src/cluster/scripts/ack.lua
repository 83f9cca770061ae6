-- A node has carried out the purge log up to here: it is written down, and whoever waits for it is told.
--
-- KEYS: members (hash)
-- ARGV: channel, name, incarnation, what it has of the purge log
local before = redis.call('HGET', KEYS[1], ARGV[2])
if not before then return 0 end
local row = cjson.decode(before)
if row.incarnation ~= ARGV[3] then return 0 end
row.ack = ARGV[4]
redis.call('HSET', KEYS[1], ARGV[2], cjson.encode(row))
return redis.call('PUBLISH', ARGV[1], 'ack ' .. ARGV[4] .. ' ' .. ARGV[2])
