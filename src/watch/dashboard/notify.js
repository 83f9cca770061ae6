// Notifications of the browser, for whoever has this page open behind other things: one for each alert that begins, taken back by the
// one that says it is over.

/** One with the same tag takes the place of the one before it. */
const say = (title, options) => Boolean(new Notification(title, options))
const button = () => document.getElementById('notify')

export class Notify {
  #known

  constructor() {
    button().hidden = !('Notification' in globalThis)
    button().addEventListener('click', () => void this.#ask())
    this.#tell()
  }

  /** The alerts that hold now. Those of the first look are on the page already. */
  heard(alerts) {
    const names = new Map(alerts.map(alert => [alert.name, alert]))
    const before = this.#known
    this.#known = names
    if (before === undefined || Notification.permission !== 'granted') return
    for (const [name, { text, advice }] of names)
      if (!before.has(name))
        say(`${document.title.replace(/^[✖!] /, '')}: ${name}`, { body: `${text} ${advice}`, tag: name })
    for (const name of before.keys()) if (!names.has(name)) say(`Over: ${name}`, { tag: name })
  }

  async #ask() {
    if (Notification.permission === 'default') await Notification.requestPermission()
    this.#tell()
  }

  #tell() {
    if (!('Notification' in globalThis)) return
    const words = { granted: 'Notifies you', denied: 'Notifications are blocked', default: 'Notify me' }
    button().textContent = words[Notification.permission]
    button().disabled = Notification.permission !== 'default'
  }
}
