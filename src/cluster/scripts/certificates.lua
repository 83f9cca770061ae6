-- Certificates that are ordered: one node orders, and all show what it has got and answer the challenges of its order.
--
-- KEYS: certificates (hash: name -> { word, ends, text }), orders (hash: name -> { node, ends }), challenges (hash: node -> { at, text }),
--       accounts (hash: directory -> key); further ones are taken away: what is sealed now lay there in plain
-- ARGV: node, what it says (JSON; answers and certificates in it as text), ms for which challenges of others count
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
local said = cjson.decode(ARGV[2])

for _, offer in ipairs(said.offers) do
  local there = read(KEYS[1], offer.name)
  if offer.isNew or not there or there.ends < offer.ends then
    local word = string.format('%.0f', now)
    if there and there.word == word then word = word .. '+' end
    redis.call('HSET', KEYS[1], offer.name, cjson.encode({ word = word, ends = offer.ends, text = offer.text }))
  end
end
local wanted, certificates, words = {}, {}, {}
for _, has in ipairs(said.has) do
  words[has.name] = has.word
  local there = read(KEYS[1], has.name)
  if not there or there.ends < has.ends then wanted[#wanted + 1] = has.name end
end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local there = cjson.decode(all[i + 1])
  if words[all[i]] ~= there.word then certificates[#certificates + 1] = { text = there.text, word = there.word } end
end

if said.answers == '' then redis.call('HDEL', KEYS[3], ARGV[1])
else redis.call('HSET', KEYS[3], ARGV[1], cjson.encode({ at = now, text = said.answers })) end
local answers = {}
local open = redis.call('HGETALL', KEYS[3])
for i = 1, #open, 2 do
  local row = cjson.decode(open[i + 1])
  if math.abs(now - row.at) > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[3], open[i])
  elseif open[i] ~= ARGV[1] then answers[#answers + 1] = row.text end
end

if said.account ~= '' then redis.call('HSETNX', KEYS[4], said.directory, said.account) end
local mayOrder = false
if said.order ~= '' then
  local order = read(KEYS[2], said.order)
  mayOrder = not order or order.node == ARGV[1] or order.ends <= now
  if mayOrder and said.orderFor == 0 then redis.call('HDEL', KEYS[2], said.order)
  elseif mayOrder then redis.call('HSET', KEYS[2], said.order, cjson.encode({ node = ARGV[1], ends = now + said.orderFor })) end
end
return cjson.encode({
  certificates = certificates, wanted = wanted, answers = answers,
  account = redis.call('HGET', KEYS[4], said.directory) or '', mayOrder = mayOrder,
})
