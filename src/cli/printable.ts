// What others wrote, made fit for a terminal: bytes of pages, names of cookies and values of fields must not steer it, nor turn the
// direction of writing around.

/** In one line, with a dot for each character that is none to be seen. */
export const printable = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[^\P{C} ]/gu, '·')

/** The same for text of several lines, whose line breaks and spaces stay. */
export const printableLines = (text: string): string => text.replaceAll(/[^\P{C}\n]/gu, '·')

/** JSON for a person and for programs: control characters that JSON lets stand as they are (C1, DEL, marks of direction) are escaped. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/[^\P{C}\n]/gu, each =>
    [...Array(each.length).keys()].map(i => `\\u${each.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
