-- Copies of forms: each lies in the journal's stream once, and the index says where, and how far its sending has come.
--
-- KEYS: owners (hash), stream, index (hash: receipt -> entry and state)
-- ARGV: journal, incarnation, then five for each: receipt, state, meta, head, body
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row or cjson.decode(row).incarnation ~= ARGV[2] then return -1 end
for i = 3, #ARGV, 5 do
  local at = redis.call('HGET', KEYS[3], ARGV[i])
  local id = at and string.match(at, '^[^ ]+')
    or redis.call('XADD', KEYS[2], '*', 'r', ARGV[i], 'm', ARGV[i + 2], 'h', ARGV[i + 3], 'b', ARGV[i + 4])
  redis.call('HSET', KEYS[3], ARGV[i], id .. ' ' .. ARGV[i + 1])
end
return 1
