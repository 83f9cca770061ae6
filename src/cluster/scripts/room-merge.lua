-- Numbers that a node gave out by itself stand behind those that were given out before; where, is told to every node. The same
-- again changes nothing. -1 while nobody may be given a number.
--
-- ARGV: epoch, count, how long tickets live (ms)
local known = redis.call('HGET', KEYS[9], ARGV[1])
if known then return cjson.decode(known).base end
if not isSettled() then return -1 end
local all = redis.call('HGETALL', KEYS[9])
for i = 1, #all, 2 do
  if now - cjson.decode(all[i + 1]).at > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[9], all[i]) end
end
local base = give(tonumber(ARGV[2]))
redis.call('HSET', KEYS[9], ARGV[1], cjson.encode({ base = base, count = tonumber(ARGV[2]), at = now }))
redis.call('HINCRBY', KEYS[1], 'merged', 1)
keep()
return base
