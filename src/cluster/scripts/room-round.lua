-- What a node says and hears ten times a second. The one that leads calls whom the origin bears; an order with an older
-- number than was seen is not carried out (fencing).
--
-- ARGV: JSON of { name, incarnation, knows, next, serving, from, upTo, rate, sessions, isGuess, isOpen, token, renewed, had, idle, longest, present },
--       one bit for each position from `from` to before `upTo`: somebody is there
local said = cjson.decode(ARGV[1])
local me = said.name .. ' ' .. said.incarnation
local isNew = head.id == nil
if isNew then
  head.id = run .. ':' .. now
  credit = 1
  -- Nobody knows of anything: there is nothing to wait for.
  head.since = (said.knows == '' and said.next == 0) and 0 or now
elseif head.run ~= run or (said.knows ~= '' and said.knows ~= head.id and not redis.call('HGET', KEYS[2], me)) then
  head.since = now
elseif now - number('heard') > 1500 then
  -- Nobody could say anything, as in a pause of the server: nobody has gone for that.
  head.since = math.max(number('since'), now - SETTLE + 1000)
end
head.run = run
redis.call('HSET', KEYS[1], 'id', head.id, 'run', run, 'since', head.since, 'heard', now)
next = math.max(next, said.next)
reached = math.min(next, math.max(reached, math.min(said.serving, said.next)))
serving = math.max(serving, reached)

local rows = {}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local row = cjson.decode(all[i + 1])
  if now - row.at > ABSENT then
    redis.call('HDEL', KEYS[2], all[i])
    redis.call('HDEL', KEYS[3], all[i])
  elseif all[i] ~= me then
    row.bits = redis.call('HGET', KEYS[3], all[i]) or ''
    row.isLive = now - row.at < LOST
    rows[#rows + 1] = row
  end
end
local mine = { at = now, from = said.from, upTo = said.upTo, next = said.next, rate = said.rate, present = said.present }
redis.call('HSET', KEYS[2], me, cjson.encode(mine))
redis.call('HSET', KEYS[3], me, ARGV[2])
mine.bits, mine.isLive = ARGV[2], true
rows[#rows + 1] = mine

-- Those inside go on, whoever was cut off meanwhile.
for _, of in ipairs(said.had) do
  if mark(of) ~= 2 and redis.call('ZADD', KEYS[4], 'NX', now + said.idle, of) == 1 then
    redis.call('HSET', KEYS[5], of, cjson.encode({ since = now, from = '', shown = true }))
    setMark(of, 1)
  end
end
for _, of in ipairs(said.renewed) do
  local who = redis.call('HGET', KEYS[5], of)
  if who then
    who = cjson.decode(who)
    redis.call('ZADD', KEYS[4], 'XX', math.min(now + said.idle, who.since + said.longest), of)
    if not who.shown then
      who.shown = true
      redis.call('HSET', KEYS[5], of, cjson.encode(who))
    end
  end
end

if isSettled() then
  for _, of in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 1000)) do
    local who = redis.call('HGET', KEYS[5], of)
    setMark(tonumber(of), who and not cjson.decode(who).shown and 3 or 2)
    redis.call('ZREM', KEYS[4], of)
    redis.call('HDEL', KEYS[5], of)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)
  redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - TURN)
end
welcome()

-- Somebody is there, nobody is, or (nil) nobody can tell yet. Who took a number since a node spoke is there.
local function isThere(position)
  local isUnknown = false
  for _, row in ipairs(rows) do
    if position >= row.from and position < row.upTo then
      local offset = position - row.from
      local byte = string.byte(row.bits, math.floor(offset / 8) + 1) or 0
      if bit.band(byte, bit.lshift(1, offset % 8)) ~= 0 then return true end
    elseif row.isLive and position >= row.next then
      return true
    elseif row.isLive and position >= row.upTo then
      isUnknown = true
    end
  end
  if isUnknown then return nil end
  return false
end

local token = tonumber(said.token)
if token and token >= number('token') then
  redis.call('HSET', KEYS[1], 'token', token)
  local rate = said.rate
  if said.isGuess then
    rate = 0
    for _, row in ipairs(rows) do
      if row.isLive then rate = rate + row.rate end
    end
  end
  local passed = math.min(1000, math.max(0, now - number('at'))) / 1000
  redis.call('HSET', KEYS[1], 'at', now)
  -- While nobody waits a quarter of a second's worth is promised ahead; a crowd is not met with more than that.
  credit = math.min(math.max(1, reached < next and rate or rate / 4), credit + rate * passed)
  if isSettled() and said.isOpen then
    local free = said.sessions - redis.call('ZCARD', KEYS[4]) - redis.call('ZCARD', KEYS[6]) - redis.call('ZCARD', KEYS[7])
    local steps, called = 0, 0
    while reached < next and steps < 20000 do
      local is = isThere(reached)
      if is == nil or (is and (free < 1 or credit < 1)) then break end
      if is then
        free, credit, called = free - 1, credit - 1, called + 1
        redis.call('ZADD', KEYS[6], now + TURN, reached)
      end
      reached, steps = reached + 1, steps + 1
    end
    if called > 0 then redis.call('HINCRBY', KEYS[1], 'called', called) end
    local ahead = reached >= next and math.floor(math.max(0, math.min(credit, free))) or 0
    serving = reached + ahead
  else
    serving = reached
  end
end
keep()

local present = {}
for _, row in ipairs(rows) do
  for i, count in ipairs(row.present) do present[i] = (present[i] or 0) + count end
end
local epochs = {}
local merged = redis.call('HGETALL', KEYS[9])
for i = 1, #merged, 2 do
  local epoch = cjson.decode(merged[i + 1])
  epochs[#epochs + 1] = { id = tonumber(merged[i]), base = epoch.base, count = epoch.count }
end
return cjson.encode({
  id = head.id,
  isSettled = isSettled(),
  time = now,
  next = next,
  serving = serving,
  reached = reached,
  active = redis.call('ZCARD', KEYS[4]),
  awaited = redis.call('ZCARD', KEYS[6]),
  returning = redis.call('ZCARD', KEYS[7]),
  called = tonumber(redis.call('HGET', KEYS[1], 'called') or '0'),
  nodes = #rows,
  present = present,
  epochs = epochs,
  commanded = head.commanded or '',
  commands = number('commands'),
})
