-- A journal of which nothing was heard for too long loses its forms to another: they move in one step, so each has one owner at any
-- time, and what the lost one asks for from now on is refused until it has joined again. One heir at a time, so that order is kept.
--
-- KEYS: owners, head (hashes), stream, index and moved (hash: receipt -> how far) of the lost, then of the heir
-- ARGV: the lost journal, heir, heir's incarnation, lost after ms, how many forms at most
local patience = tonumber(ARGV[4])
-- No form waits longer than a year (`deadline`): a node that comes back later than this has nothing left to send.
local REMEMBERED = 400 * 86400000
local function rowOf(name)
  local row = name and redis.call('HGET', KEYS[1], name)
  return row and cjson.decode(row)
end
local lost, heir = rowOf(ARGV[1]), rowOf(ARGV[2])
if not heir or heir.incarnation ~= ARGV[3] then return -1 end
local since = tonumber(redis.call('HGET', KEYS[2], 'since') or now)
if not lost or math.abs(now - lost.at) < patience or now - since < patience then return {} end
local other = lost.heir ~= ARGV[2] and rowOf(lost.heir)
if other and math.abs(now - other.at) < patience then return {} end

local entries = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', ARGV[5])
lost.incarnation, lost.heir, lost.empty = '', ARGV[2], #entries == 0
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(lost))
local taken = {}
for _, entry in ipairs(entries) do
  local form = {}
  for i = 1, #entry[2], 2 do form[entry[2][i]] = entry[2][i + 1] end
  local at = redis.call('HGET', KEYS[4], form.r)
  if at then
    local state = string.match(at, ' (.+)$')
    local id = redis.call('XADD', KEYS[6], '*', 'r', form.r, 'm', form.m, 'h', form.h, 'b', form.b, 'o', ARGV[1])
    redis.call('HSET', KEYS[7], form.r, id .. ' ' .. state)
    redis.call('HDEL', KEYS[4], form.r)
    redis.call('HSET', KEYS[5], form.r, 'moved')
    redis.call('HDEL', KEYS[8], form.r)
    taken[#taken + 1] = { form.r, state, form.m, form.h, form.b, ARGV[1] }
  end
  redis.call('XDEL', KEYS[3], entry[1])
end
redis.call('PEXPIRE', KEYS[5], REMEMBERED)
return taken
