-- What has become of forms: their state, or that nothing of them is kept any more.
--
-- KEYS: owners (hash), stream, index (hash), then the bodies that are kept no more
-- ARGV: journal, incarnation, then two for each: receipt, state or 'gone'
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row or cjson.decode(row).incarnation ~= ARGV[2] then return -1 end
for i = 3, #ARGV, 2 do
  local at = redis.call('HGET', KEYS[3], ARGV[i])
  local id = at and string.match(at, '^[^ ]+')
  if id and ARGV[i + 1] == 'gone' then
    redis.call('XDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[3], ARGV[i])
  elseif id then
    redis.call('HSET', KEYS[3], ARGV[i], id .. ' ' .. ARGV[i + 1])
  end
end
for i = 4, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
