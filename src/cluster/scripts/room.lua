-- A waiting room as all nodes share it: what every script of it begins with. The clock is the server's, never a node's.
--
--   number given out --called--> awaited --comes--> session --idle, too long, ended--> gone
--                                   '--60 s--> turn passed on --comes back--> front of the queue
--
-- KEYS of each: head, rows, bits, sessions, who, awaited, returning, marks, epochs, invited
--   head       hash: run, id, since, next, serving, reached, credit, at, token, called, commanded
--   rows, bits hashes: node and incarnation -> what it said last, and which positions from row.from on are there
--   sessions   sorted set: number -> until; who: number -> since, fingerprint, whether its cookie was shown
--   awaited    sorted set: position -> until its turn passes on; returning: position -> asked last
--   marks      two bits of each number: 1 entered, 2 its session is over, 3 given on before it came a second time
--   epochs     hash: numbers that a node gave out by itself -> where they stand
-- A table belongs to one run of one server: after a restart it may be older than what nodes know, so nothing is given out
-- or called until every node has had the time to say what it knows.
local RING, TURN, FRESH, UNCONFIRMED, ABSENT, LOST, SETTLE = 4194304, 60000, 60000, 60000, 90000, 3000, 3000

local head = {}
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do head[stored[i]] = stored[i + 1] end
local function number(name) return tonumber(head[name] or '0') end
local next, serving, reached, credit = number('next'), number('serving'), number('reached'), number('credit')
local function isSettled() return head.id ~= nil and head.run == run and now - number('since') >= SETTLE end

local function keep()
  redis.call('HSET', KEYS[1], 'next', next, 'serving', serving, 'reached', reached, 'credit', string.format('%.6f', credit))
end

-- Who took a number below what was promised ahead has been called by that.
local function welcome()
  local promised = math.min(next, serving)
  while reached < promised do
    credit = credit - 1
    redis.call('ZADD', KEYS[6], now + TURN, reached)
    redis.call('HINCRBY', KEYS[1], 'called', 1)
    reached = reached + 1
  end
end

local function mark(of) return redis.call('BITFIELD', KEYS[8], 'GET', 'u2', '#' .. of % RING)[1] end
local function setMark(of, to) redis.call('BITFIELD', KEYS[8], 'SET', 'u2', '#' .. of % RING, to) end

-- So many numbers more; the first of them. What a ring ago had their marks is forgotten.
local function give(count)
  local base = next
  next = next + count
  if next > RING then
    for of = base, next - 1 do setMark(of, 0) end
  end
  welcome()
  return base
end

local function begin(of, from, idle)
  redis.call('ZADD', KEYS[4], now + math.min(idle, UNCONFIRMED), of)
  redis.call('HSET', KEYS[5], of, cjson.encode({ since = now, from = from, shown = false }))
  setMark(of, 1)
end
