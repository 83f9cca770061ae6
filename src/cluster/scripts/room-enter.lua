-- A visitor whose turn it may be wants in, at whichever node: one ticket is good for one session in all. Answers { 'in', ms until
-- the session is over in any case }, { 'spent' }, or { 'waits', how many returned ones stand in front }.
--
-- ARGV: number, position, '1' if it shows a session, fingerprint, idle ms, longest ms, sessions, '1' if nobody is let in now
local of, position, hasSession = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local idle, longest = tonumber(ARGV[5]), tonumber(ARGV[6])
local who = redis.call('HGET', KEYS[5], of)
if redis.call('ZSCORE', KEYS[4], of) and who then
  who = cjson.decode(who)
  if hasSession or (who.from == ARGV[4] and now - who.since < FRESH) then return { 'in', math.max(1, who.since + longest - now) } end
  return { 'spent' }
end
-- Of before a server that has lost what it held.
if of >= next then return { 'waits', 0 } end
if of < next - RING then return { 'spent' } end
local is = mark(of)
if is == 1 or is == 2 or (is == 3 and not hasSession) then return { 'spent' } end
if not isSettled() then return { 'waits', 0 } end
welcome()
if ARGV[8] == '1' or position >= reached then
  keep()
  return { 'waits', redis.call('ZCARD', KEYS[7]) }
end
if redis.call('ZREM', KEYS[6], position) == 1 then
  begin(of, ARGV[4], idle)
  keep()
  return { 'in', longest }
end
-- In front of all who have not been called, as soon as there is a place.
local before = 0
for _, other in ipairs(redis.call('ZRANGE', KEYS[7], 0, 999)) do
  if tonumber(other) < position then before = before + 1 end
end
local free = tonumber(ARGV[7]) - redis.call('ZCARD', KEYS[4]) - redis.call('ZCARD', KEYS[6])
if free > before and credit >= 1 then
  redis.call('ZREM', KEYS[7], position)
  credit = credit - 1
  -- The place may have been promised to whoever comes next.
  serving = math.max(reached, serving - 1)
  begin(of, ARGV[4], idle)
  keep()
  return { 'in', longest }
end
redis.call('ZADD', KEYS[7], now, position)
keep()
return { 'waits', before }
