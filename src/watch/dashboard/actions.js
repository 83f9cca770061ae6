// What a person can do from here: each asks first, says what will happen, and needs the token, which this tab keeps until
// it is closed.

const TOKEN = 'breakwater-token'
const byId = id => document.getElementById(id)

/** The outcome of the last action, in words. */
export function say(text, isBad) {
  const line = byId('outcome')
  line.hidden = false
  line.textContent = text
  line.classList.toggle('bad', isBad)
}

/**
 * Asks, acts, tells. `act` has title, text, button, done (what to say, or what makes it of the answer), path and body; with `urls` it asks
 * for some, and body is made from them; `after` is called when it is done. Nothing happens unless the person agrees; a refused token is
 * asked for again.
 */
export function propose({ title, text, button, done, path, body = {}, urls, after }) {
  const dialog = byId('ask')
  byId('ask-title').textContent = title
  byId('ask-text').textContent = text
  byId('ask-yes').textContent = button
  byId('ask-wrong').textContent = ''
  byId('token').value = ''
  byId('urls').value = ''
  byId('ask-urls').hidden = urls === undefined
  byId('ask-token').hidden = sessionStorage.getItem(TOKEN) !== null
  byId('ask-no').onclick = () => dialog.close()
  dialog.querySelector('form').onsubmit = async event => {
    event.preventDefault()
    byId('ask-yes').disabled = true
    const sent = urls === undefined ? body : urls(linesOf(byId('urls').value))
    const { wrong, answer } = await ask(path, sent).finally(() => (byId('ask-yes').disabled = false))
    byId('ask-wrong').textContent = wrong ?? ''
    if (wrong !== undefined) return
    dialog.close()
    say(typeof done === 'function' ? done(answer) : done, false)
    after?.()
  }
  dialog.showModal()
}

/**
 * The same for what changes nothing but needs the token all the same: where this tab has it, nobody is asked once more. `act` is as for
 * `propose`.
 */
export async function askFor(act) {
  if (sessionStorage.getItem(TOKEN) === null) return propose(act)
  const { wrong, answer } = await ask(act.path, act.body)
  if (sessionStorage.getItem(TOKEN) === null) return propose(act)
  if (wrong !== undefined) return say(wrong, true)
  say(act.done(answer), false)
}

const linesOf = text =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')

/** What is wrong, or what was answered. */
export async function ask(path, body) {
  const token = sessionStorage.getItem(TOKEN) ?? byId('token').value.trim()
  if (token === '') return askToken('The token is missing.')
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (response.status === 401) return askToken('This is not the token.')
    sessionStorage.setItem(TOKEN, token)
    return response.ok ? { answer: await response.json().catch(() => ({})) } : { wrong: await problemOf(response) }
  } catch {
    return { wrong: 'No answer from this process.' }
  }
}

function askToken(what) {
  sessionStorage.removeItem(TOKEN)
  byId('ask-token').hidden = false
  byId('token').focus()
  return { wrong: what }
}

async function problemOf(response) {
  const { detail, errors = [] } = await response.json().catch(() => ({ detail: `Answered with ${response.status}.` }))
  return [detail, ...errors].join('\n')
}
