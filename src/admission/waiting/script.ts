// The script of the waiting page: asks for the place, shows it, and lets the visitor in. Without it the page reloads itself.
// It is small and plain, since it comes with every page, and it runs under a hash in the page's own policy.

import { createHash } from 'node:crypto'

export const SCRIPT = `(() => {
const root = document.getElementById('bw-room')
const facts = JSON.parse(document.getElementById('bw-facts').textContent)
const part = name => root.querySelector('[data-bw=' + name + ']')
const show = (name, on) => { const each = part(name); if (each) each.hidden = !on }
const write = (name, text) => { const each = part(name); if (each && each.textContent !== text) each.textContent = text }
const language = document.documentElement.lang || 'en'
const units = seconds => seconds < 60 ? ['second', 1] : seconds < 5400 ? ['minute', 60] : ['hour', 3600]
const period = ([from, to]) => {
  const [unit, size] = units(to)
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: size === 3600 ? 1 : 0 })
  return format.formatRange ? format.formatRange(from / size, to / size) : format.format(to / size)
}
const clock = seconds => [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(n => String(n).padStart(2, '0')).join(':')
let first = Number(sessionStorage.getItem(facts.memory)) || 0
let said = 0
let opensAt = 0
let isGoing = false
const form = document.getElementById('bw-form')
for (const input of form ? form.querySelectorAll('[data-bw-file]') : []) {
  const { name, type, base64 } = JSON.parse(input.dataset.bwFile)
  const files = new DataTransfer()
  files.items.add(new File([Uint8Array.from(atob(base64), each => each.charCodeAt(0))], name, { type }))
  input.files = files.files
}
show('kept', true)
const say = text => {
  if (Date.now() - said < 30000) return
  said = Date.now()
  part('live').textContent = text
}
const go = () => {
  if (isGoing) return
  isGoing = true
  write('wait', facts.words.called)
  part('live').textContent = facts.words.called
  sessionStorage.removeItem(facts.memory)
  if (form) HTMLFormElement.prototype.submit.call(form)
  else location.replace(navigator.cookieEnabled ? facts.target : facts.withTicket)
}
const draw = place => {
  show('position', place.place !== null)
  if (place.opensIn > 0) opensAt = Date.now() + place.opensIn * 1000
  if (place.place === null) return
  const number = new Intl.NumberFormat(language).format(place.place)
  const isSoon = place.place <= 1 && (!place.estimate || place.estimate[1] <= 60)
  const wait = isSoon ? facts.words.soon : place.estimate ? period(place.estimate) : facts.words.unknown
  write('place', number)
  write('wait', wait)
  document.title = number + ' \\u00b7 ' + facts.words.heading
  if (place.place > first) sessionStorage.setItem(facts.memory, first = place.place)
  const bar = part('bar')
  bar.max = Math.max(1, first)
  bar.value = Math.max(0, first - place.place + 1)
  say(facts.words.place + ' ' + number + '. ' + facts.words.wait + ': ' + wait)
}
const ask = async () => {
  let pause = 10
  try {
    const answer = await fetch(facts.poll, { cache: 'no-store' })
    const place = await answer.json()
    pause = place.next
    show('unreachable', false)
    if (place.state === 'called') return go()
    if (place.state !== facts.state && !form) return location.replace(facts.target)
    draw(place)
  } catch { show('unreachable', true) }
  setTimeout(ask, pause * 1000)
}
setInterval(() => {
  if (opensAt === 0) return
  const left = Math.max(0, Math.round((opensAt - Date.now()) / 1000))
  write('countdown', clock(left))
}, 1000)
if (facts.place) draw(facts.place)
if (facts.poll) setTimeout(ask, facts.place.next * 1000)
else if (form) setTimeout(go, facts.place.next * 1000)
else if (facts.again) setTimeout(() => location.replace(facts.target), facts.place.next * 1000)
})()`

/** As a Content-Security-Policy names it. */
export const SCRIPT_HASH = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`
