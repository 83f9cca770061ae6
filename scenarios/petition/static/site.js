// Keeps a second press of the Sign button from sending the form twice. The site works the same without it.
for (const form of document.querySelectorAll('form.sign')) {
  form.addEventListener('submit', event => {
    const button = form.querySelector('button')
    if (button.disabled) event.preventDefault()
    button.disabled = true
    button.textContent = 'Signing …'
  })
}
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form.sign button')) {
    button.disabled = false
    button.textContent = 'Sign'
  }
})
