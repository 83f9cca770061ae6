-- What modes were commanded on any node, and the server's clock.
--
-- KEYS: modes (hash)
-- ARGV: an identity for a table not begun yet
-- A table that begins anew is another one, whoever begins it.
redis.call('HSETNX', KEYS[1], 'id', ARGV[1] .. ':' .. now)
local sites = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local site = string.match(all[i], '^site (.*)$')
  if site then
    local said = cjson.decode(all[i + 1])
    said.site = site
    sites[#sites + 1] = said
  end
end
return cjson.encode({ id = redis.call('HGET', KEYS[1], 'id'), now = now, sites = sites })
