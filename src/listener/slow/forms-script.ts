// The script of pages that are served from a copy for everyone and have forms with tokens: at the first touch of a form it
// fetches the visitor's own tokens and puts them in, never at a mere view. A form that is sent before they have come waits
// for them; one whose tokens do not come is sent as it is, and Breakwater fills it then (cache/forms/fill.ts).

export const formsScript = `(() => {
  'use strict'
  const own = document.currentScript
  const PARAMETER = 'breakwater-form'
  const begun = new WeakMap()
  // One after the other: the second has the session that came with the first.
  let last = Promise.resolve()
  const tokens = ticket => (last = last.catch(() => {}).then(() => ask(ticket)))
  const ask = async ticket => {
    const answer = await fetch('/.breakwater/form?' + PARAMETER + '=' + ticket, { cache: 'no-store', credentials: 'same-origin' })
    if (!answer.ok) throw new Error('no tokens')
    const { fields, meta } = await answer.json()
    for (const [name, value] of Object.entries(meta))
      for (const each of document.getElementsByTagName('meta')) if (each.name === name) each.content = value
    delete own.dataset.breakwaterPage
    return fields
  }
  const fillForm = async form => {
    const fields = await tokens(form.dataset.breakwaterForm)
    for (const [name, value] of Object.entries(fields))
      for (const input of form.querySelectorAll('input[type=hidden]')) if (input.name === name) input.value = value
    delete form.dataset.breakwaterForm
  }
  const fillPage = () => tokens(own.dataset.breakwaterPage)
  const once = (what, fill) => {
    if (!begun.has(what)) begun.set(what, fill(what).catch(() => begun.delete(what)))
    return begun.get(what)
  }
  const touched = event => {
    const element = event.target instanceof Element ? event.target : null
    const form = element && element.closest('form')
    if (form && form.dataset.breakwaterForm) void once(form, fillForm)
    else if (own.dataset.breakwaterPage && element && element.closest('form, button, [data-method], [data-remote]')) void once(own, fillPage)
  }
  document.addEventListener('focusin', touched, true)
  document.addEventListener('pointerdown', touched, true)
  document.addEventListener('submit', event => {
    const form = event.target
    if (!form.dataset.breakwaterForm) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const submitter = event.submitter
    void once(form, fillForm).then(() => {
      delete form.dataset.breakwaterForm
      form.requestSubmit(submitter)
    })
  }, true)
})()
`
