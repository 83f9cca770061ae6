-- What was commanded of events on any node, and whose their steps are. Of two words of the same name the later one holds.
--
-- A table belongs to one run of one server. In a new one something may be missing: every node says anew what it knows.
--
-- KEYS: words (hash: '' -> { id, run, begun, rev }, name -> { text, since, ends, node, seal, rev }),
--       steps (hash: ACT STEP -> { owner, node, state, at })
-- ARGV: node, JSON of { table, rev, words, marks }, an identity for a table not begun yet, words at most, words in an answer, ms for which
--       steps are remembered
local node, said = ARGV[1], cjson.decode(ARGV[2])
local head = read(KEYS[1], '')
if not head or head.run ~= run then
  head = { run = run, id = ARGV[3], begun = now, rev = head and head.rev or 0 }
  redis.call('HSET', KEYS[1], '', cjson.encode(head))
end

for _, mark in ipairs(said.marks) do
  local field = mark.act .. ' ' .. mark.step
  local there = read(KEYS[2], field)
  if not there or (there.owner == mark.owner and there.state ~= 'ended') then
    redis.call('HSET', KEYS[2], field, cjson.encode({ owner = mark.owner, node = mark.node, state = mark.state, at = now }))
  end
end

-- What may be forgotten goes; where there are still too many, what may be forgotten next.
local function hasRoom()
  local oldest, ends = nil, math.huge
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local word = all[i] ~= '' and cjson.decode(all[i + 1])
    if word and word.ends > 0 then
      if word.ends < now then redis.call('HDEL', KEYS[1], all[i])
      elseif word.ends < ends then oldest, ends = all[i], word.ends end
    end
  end
  local steps = redis.call('HGETALL', KEYS[2])
  for i = 1, #steps, 2 do
    if now - cjson.decode(steps[i + 1]).at > tonumber(ARGV[6]) then redis.call('HDEL', KEYS[2], steps[i]) end
  end
  if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[4]) and oldest then redis.call('HDEL', KEYS[1], oldest) end
  return redis.call('HLEN', KEYS[1]) <= tonumber(ARGV[4])
end

local refused = {}
for _, word in ipairs(said.words) do
  local there = read(KEYS[1], word.name)
  -- A clock that is ahead must not hold a name for ever.
  local since = math.min(word.since, now)
  local isSame = there and there.text == word.text
  local isNews = not there
  if there then
    local isOwn = there.node == node or isSame
    isNews = (since > there.since and not isSame) or (since == there.since and isOwn and (not isSame or there.seal ~= word.seal))
  end
  if not there and not hasRoom() then refused[#refused + 1] = word.name
  elseif isNews then
    head.rev = head.rev + 1
    local kept = { text = word.text, since = since, ends = word.ends, node = node, seal = word.seal, rev = head.rev }
    redis.call('HSET', KEYS[1], word.name, cjson.encode(kept))
    redis.call('HSET', KEYS[1], '', cjson.encode(head))
  end
end

local from = said.table == head.id and said.rev or 0
local words, rest, runs = {}, {}, {}
if head.rev > from then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local word = all[i] ~= '' and cjson.decode(all[i + 1])
    if word and word.rev > from then
      word.name = all[i]
      rest[#rest + 1] = word
    end
  end
  table.sort(rest, function(a, b) return a.rev < b.rev end)
  for i = 1, math.min(#rest, tonumber(ARGV[5])) do
    words[i] = rest[i]
    runs[string.match(rest[i].name, '^run (.*)$') or ''] = true
  end
end
local marks = {}
if #words > 0 then
  local steps = redis.call('HGETALL', KEYS[2])
  for i = 1, #steps, 2 do
    local act, step, key = string.match(steps[i], '^(%a+) ((.*) %d+)$')
    if key and runs[key] then
      local mark = cjson.decode(steps[i + 1])
      marks[#marks + 1] = { act = act, step = step, owner = mark.owner, node = mark.node, state = mark.state }
    end
  end
end
local isMore = #words < #rest
return cjson.encode({
  table = head.id, rev = isMore and words[#words].rev or head.rev, isMore = isMore,
  words = words, marks = marks, refused = refused,
})
