-- Leave to send forms: from now on whoever takes them over has to reckon with their having been sent. 1 for each that is here.
--
-- KEYS: owners (hash), index (hash)
-- ARGV: journal, incarnation, receipts
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row or cjson.decode(row).incarnation ~= ARGV[2] then return -1 end
local here = {}
for i = 3, #ARGV do
  local at = redis.call('HGET', KEYS[2], ARGV[i])
  if at then redis.call('HSET', KEYS[2], ARGV[i], string.match(at, '^[^ ]+') .. ' sent') end
  here[#here + 1] = at and 1 or 0
end
return here
