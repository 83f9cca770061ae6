-- What a node has counted, and what the others have: each with its age.
--
-- KEYS: figures (hash: node -> { at, figures })
-- ARGV: node, figures (JSON), after how long a node's are left out (ms)
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({ at = now, figures = ARGV[2] }))
local nodes = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local row = cjson.decode(all[i + 1])
  if math.abs(now - row.at) > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[i])
  else nodes[#nodes + 1] = { node = all[i], age = now - row.at, figures = row.figures } end
end
return cjson.encode(nodes)
