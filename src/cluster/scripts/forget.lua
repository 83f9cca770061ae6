-- A node that is lost is gone for good, as an operator says.
--
-- KEYS: members (hash)
-- ARGV: name, lost after ms
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row then return 'unknown' end
local time = redis.call('TIME')
local age = math.abs(time[1] * 1000 + math.floor(time[2] / 1000) - cjson.decode(row).at)
if age < tonumber(ARGV[2]) then return 'lives' end
redis.call('HDEL', KEYS[1], ARGV[1])
return 'forgotten'
