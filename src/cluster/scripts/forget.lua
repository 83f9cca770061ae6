-- A node that is lost is gone for good, as an operator says. What it was undoing when it was lost another one may undo: nobody else
-- will tell how that ended.
--
-- KEYS: members (hash), steps of events (hash: ACT STEP -> { owner, node, state, at })
-- ARGV: name, lost after ms
local row = redis.call('HGET', KEYS[1], ARGV[1])
if row then
  local age = math.abs(now - cjson.decode(row).at)
  if age < tonumber(ARGV[2]) then return 'lives' end
  redis.call('HDEL', KEYS[1], ARGV[1])
end
-- One that ended in good order is on no list, but may have been in the middle of an undo all the same.
local steps, isKnown = redis.call('HGETALL', KEYS[2]), row
for i = 1, #steps, 2 do
  local mark = cjson.decode(steps[i + 1])
  if mark.node == ARGV[1] and mark.state == 'begun' and string.match(steps[i], '^undo ') then
    mark.state, isKnown = 'failed', true
    redis.call('HSET', KEYS[2], steps[i], cjson.encode(mark))
  end
end
return isKnown and 'forgotten' or 'unknown'
