-- Requests that are counted over all nodes, by the generic cell rate algorithm: of each window one number is kept, the moment at which all
-- that it took is paid off. A request counts for all its windows, or for none of them. The clock is the server's.
--
-- KEYS: a window each
-- ARGV: for each request how many of the windows are its, then interval and burst of each (microseconds)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
local arg, key = 1, 1
while arg <= #ARGV do
  local windows = tonumber(ARGV[arg])
  local nexts, answer = {}, nil
  for i = 0, windows - 1 do
    local interval, burst = tonumber(ARGV[arg + 1 + 2 * i]), tonumber(ARGV[arg + 2 + 2 * i])
    local paid = math.max(now, tonumber(redis.call('GET', KEYS[key + i]) or '0'))
    local ahead = paid - now + interval
    if ahead > burst then
      answer = { -1 - i, ahead - burst }
      break
    end
    nexts[i + 1] = ahead
  end
  if not answer then
    for i, ahead in ipairs(nexts) do
      redis.call('SET', KEYS[key + i - 1], string.format('%.0f', now + ahead), 'PX', math.ceil(ahead / 1000))
    end
    answer = nexts
  end
  answers[#answers + 1] = answer
  arg, key = arg + 1 + 2 * windows, key + windows
end
return answers
