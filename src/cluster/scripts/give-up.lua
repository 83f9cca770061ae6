-- A node holds nothing of an origin any more: it has ended in good order, or an operator says that it is gone for good. Its row
-- stays, so that nobody who still knows the node by name takes it for one that has yet to speak.
--
-- KEYS: table of share.lua (hash)
-- ARGV: name
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local row = { held = 0, demand = 0, max = 0, known = true, left = true, seq = 0, incarnation = '' }
return redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(row))
