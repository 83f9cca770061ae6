-- One invitation is one number, whichever node it is shown at, and the same one when whoever used it shows it again: an answer may
-- have been lost. -1 while nobody may be given a number, -2 where somebody else has used it.
--
-- ARGV: serial, fingerprint
local used = redis.call('HGET', KEYS[10], ARGV[1])
if used then
  used = cjson.decode(used)
  if used.from ~= ARGV[2] then return -2 end
  return used.number
end
if not isSettled() then return -1 end
local base = give(1)
redis.call('HSET', KEYS[10], ARGV[1], cjson.encode({ number = base, from = ARGV[2] }))
keep()
return base
