-- What scripts over rows of JSON begin with: the server's time, and a row of a hash.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(key, field)
  local text = redis.call('HGET', key, field)
  return text and cjson.decode(text)
end

