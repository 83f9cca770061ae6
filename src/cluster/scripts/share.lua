-- A node's share of what an origin bears. The sum of what all nodes hold never goes past the maximum: a node gives up first
-- and says so, and only what nobody holds is given to another.
--
-- A table belongs to one run of one server. After a restart or a change of the primary it may be older than what nodes were
-- told, and after a flush it is empty: so every row, and every node that somebody knows by name, counts as unknown until it
-- has spoken again. Meanwhile shares move only within the
-- sum that those who have spoken hold.
--
-- A node that has not spoken for as long as it holds its share has given up all but its floor by itself, by its own clock and
-- before (shares.ts): the rest is free. That time counts only while the server was there, and its clock went on evenly.
--
-- KEYS: table (hash: '' -> head, name -> row; a row that has `left` is of a node that holds nothing any more)
-- ARGV: JSON of { name, incarnation, seq, limit, inFlight, demand, max, table, known, live, settle, hold }
local asked = cjson.decode(ARGV[1])

local head, rows = nil, {}
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local value = cjson.decode(stored[i + 1])
  if stored[i] == '' then head = value else rows[stored[i]] = value end
end
if not head or head.run ~= run then
  head = { run = run, id = run .. ':' .. now, since = now, pool = 0, steady = now, last = now }
  for _, row in pairs(rows) do row.known = row.left == true end
end
local GAP = 2000
if not head.last or now < head.last or now - head.last > GAP then head.steady = now end
head.last = now
if asked.table ~= head.id then
  for _, name in ipairs(asked.known) do
    rows[name] = rows[name] or { held = 0, demand = 0, max = asked.max, known = false, seq = 0, incarnation = '' }
  end
end

for name, row in pairs(rows) do
  local isSilent = name ~= asked.name and not row.left and (not row.known or now - (row.at or now) >= asked.hold)
  if isSilent and now - head.steady >= asked.hold then
    -- Of one that only others know by name no more is known than what a floor can be.
    local floor = row.floor or math.max(1, math.floor(asked.max / 4))
    row.held = row.floor and math.min(row.held, floor) or floor
    row.known = true
  end
end

-- What was sent before and comes later, as after a pause of the server, must not bring back an older state.
local me = rows[asked.name]
if me and me.known and not me.left and me.incarnation == asked.incarnation and me.seq >= asked.seq then return cjson.encode({ late = true }) end
local held = math.max(asked.limit, asked.inFlight)
if me and not me.known then head.pool = head.pool + held end
me = { held = held, demand = asked.demand, max = asked.max, known = true, seq = asked.seq, incarnation = asked.incarnation }
rows[asked.name] = me

local max, unknown, others = me.max, false, 0
for name, row in pairs(rows) do
  if not row.known then unknown = true elseif not row.left then max = math.min(max, row.max) end
  if row.known and name ~= asked.name then others = others + row.held end
end
-- The first seconds of a table are for those who have not found the server again.
local isBound = unknown or now - head.since < asked.settle
local cap = isBound and math.min(head.pool, max) or max

-- A quarter in equal parts, so that a crowd at an idle node finds places; the rest by demand. Who is not heard from keeps what it holds.
local isLive = { [asked.name] = true }
for _, name in ipairs(asked.live) do isLive[name] = rows[name] ~= nil and rows[name].known and not rows[name].left end
local names, total, demands = {}, cap, 0
for name, row in pairs(rows) do
  if isLive[name] then
    names[#names + 1] = name
    demands = demands + row.demand
  elseif row.known then
    total = total - row.held
  end
end
table.sort(names)
total = math.max(0, total)
local count = #names
local base = math.floor(total / (4 * count))
if base == 0 and total >= count then base = 1 end
local rest = total - base * count
-- Equals take turns of two seconds, which is as long as it takes to give up and to be given: where there are fewer places than
-- nodes, each gets one in its time.
local turn = math.floor(now / 2000)
local parts, left = {}, rest
for i, name in ipairs(names) do
  local weight = demands > 0 and rows[name].demand / demands or 1 / count
  local part = math.floor(rest * weight)
  left = left - part
  parts[i] = { name = name, share = base + part, over = rest * weight - part, turn = (i + turn) % count, wants = rows[name].demand > 0 }
end
table.sort(parts, function(a, b)
  if a.wants ~= b.wants then return a.wants end
  if math.abs(a.over - b.over) > 1e-9 then return a.over > b.over end
  return a.turn < b.turn
end)
local target = 0
for _, part in ipairs(parts) do
  if left > 0 then
    part.share = part.share + 1
    left = left - 1
  end
  if part.name == asked.name then target = part.share end
end

local share = math.min(target, math.max(0, cap - others))
me.held = math.max(held, share)
local all = 0
for _, row in pairs(rows) do
  if not row.left then all = all + 1 end
end
me.at = now
me.floor = math.max(math.floor(max / (4 * all)), max >= all and 1 or 0)
redis.call('HSET', KEYS[1], '', cjson.encode(head))
for name, row in pairs(rows) do redis.call('HSET', KEYS[1], name, cjson.encode(row)) end
local known, kept, heard = {}, {}, { [asked.name] = true }
for _, name in ipairs(asked.live) do heard[name] = true end
for name, row in pairs(rows) do
  if not row.left then
    known[#known + 1] = name
    if not heard[name] then kept[#kept + 1] = { node = name, held = row.held } end
  end
end
return cjson.encode({ share = share, max = max, known = known, table = head.id, floor = me.floor, kept = kept })
