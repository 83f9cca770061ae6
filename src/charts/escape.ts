// Text as it may stand in HTML, in an element or an attribute. Whatever a page shows passes here: a target of a request is
// a visitor's own words.

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const safe = (text: string): string => text.replaceAll(/[&<>"']/g, character => ENTITIES[character]!)
