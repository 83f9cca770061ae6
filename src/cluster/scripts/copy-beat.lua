-- A journal says that its process is there, and hears which others are not. Whoever joins is its process from now on: what an
-- earlier one asks for later is refused.
--
-- Leases count only while the server was there for as long as they last: after a restart, a pause, or a change of its clock everybody
-- is given the whole time again.
--
-- KEYS: owners (hash: journal -> row), head (hash)
-- ARGV: journal, node, incarnation, lost after ms, '1' to join, mark of the key that content is encrypted with
local GAP = 2000
local head = redis.call('HMGET', KEYS[2], 'run', 'since', 'last')
local since, last = tonumber(head[2] or '0'), tonumber(head[3] or '0')
if head[1] ~= run or now < last or now - last > GAP then since = now end
redis.call('HSET', KEYS[2], 'run', run, 'since', since, 'last', now)

local before = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[5] ~= '1' then
  if not before then return cjson.encode({ state = 'unknown' }) end
  if cjson.decode(before).incarnation ~= ARGV[3] then return cjson.encode({ state = 'fenced' }) end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({ node = ARGV[2], incarnation = ARGV[3], at = now, mark = ARGV[6] }))

local lost, locked = {}, {}
local rows = redis.call('HGETALL', KEYS[1])
local lives = {}
for i = 1, #rows, 2 do
  rows[i + 1] = cjson.decode(rows[i + 1])
  lives[rows[i]] = math.abs(now - rows[i + 1].at) < tonumber(ARGV[4])
end
for i = 1, #rows, 2 do
  local name, row = rows[i], rows[i + 1]
  local isFree = not row.heir or row.heir == ARGV[1] or not lives[row.heir]
  if not lives[name] and not row.empty and isFree then
    if row.mark == ARGV[6] then lost[#lost + 1] = { owner = name, node = row.node } else locked[#locked + 1] = row.node end
  end
end
if now - since < tonumber(ARGV[4]) then lost = {} end
local told = { state = 'ok', run = run, age = now - since }
-- An empty table would be encoded as an object.
if #lost > 0 then told.lost = lost end
if #locked > 0 then told.locked = locked end
return cjson.encode(told)
