-- A node says that it is there, by the server's own clock, and takes or keeps the leader's lease where it can.
--
-- KEYS: members (hash: name -> row), lease (hash), purge log's head (hash)
-- ARGV: name, incarnation, what it has of the purge log, lease ms, lost after ms, an identity for a purge log not begun yet
local name, incarnation, lost = ARGV[1], ARGV[2], tonumber(ARGV[5])

local before = redis.call('HGET', KEYS[1], name)
if before then
  local row = cjson.decode(before)
  -- A server whose clock was set back must not hold a name for ever, hence the absolute value.
  if row.incarnation ~= incarnation and math.abs(now - row.at) < lost then return cjson.encode({ taken = true }) end
end
redis.call('HSET', KEYS[1], name, cjson.encode({ incarnation = incarnation, at = now, ack = ARGV[3] }))

local lease = redis.call('HMGET', KEYS[2], 'holder', 'incarnation', 'token', 'until')
local holder, token, ends = lease[1], tonumber(lease[3] or '0'), tonumber(lease[4] or '0')
local runs = ends > now and ends - now <= tonumber(ARGV[4])
local isMine = holder == name and lease[2] == incarnation
if not runs then
  holder, token, isMine = name, token + 1, true
end
if isMine then
  redis.call('HSET', KEYS[2], 'holder', name, 'incarnation', incarnation, 'token', token, 'until', now + ARGV[4])
end

local members = {}
local rows = redis.call('HGETALL', KEYS[1])
for i = 1, #rows, 2 do
  local row = cjson.decode(rows[i + 1])
  members[#members + 1] = { name = rows[i], age = math.abs(now - row.at), ack = row.ack }
end

-- A log that begins anew is another one, whoever begins it.
redis.call('HSETNX', KEYS[3], 'id', ARGV[6] .. ':' .. now)
local log = redis.call('HMGET', KEYS[3], 'id', 'seq')
return cjson.encode({
  members = members,
  leader = holder,
  leads = isMine,
  token = token,
  log = { id = log[1], seq = tonumber(log[2] or '0') },
  run = run,
})
