// What kind of content the extension of a file promises. Whoever can make a server answer a private page under a made-up
// name (`/account/x.css`) would have a rule for style sheets keep it; so such a rule keeps only what says it is one.

const BYTES = 'application/octet-stream'

/** Extensions, and the media types that their files are sent with. */
const KINDS: readonly (readonly [extensions: string, types: readonly string[]])[] = [
  ['css', ['text/css']],
  ['js mjs cjs', ['text/javascript', 'application/javascript', 'application/x-javascript', 'application/ecmascript']],
  ['json map webmanifest', ['application/json', 'application/*+json', 'text/json']],
  ['xml rss atom', ['application/xml', 'text/xml', 'application/*+xml']],
  ['txt', ['text/plain']],
  ['svg png jpg jpeg gif webp avif ico bmp tif tiff heic jxl', ['image/*']],
  [
    'woff woff2 ttf otf eot',
    ['font/*', 'application/font-*', 'application/x-font-*', 'application/vnd.ms-fontobject', BYTES],
  ],
  [
    'mp3 mp4 m4a m4v m4s webm ogg ogv oga wav flac mov avi ts',
    ['audio/*', 'video/*', 'application/ogg', 'application/mp4', BYTES],
  ],
  ['m3u8 mpd', ['application/vnd.apple.mpegurl', 'application/x-mpegurl', 'audio/*', 'application/dash+xml']],
  ['pdf doc docx xls xlsx ppt pptx odt ods', ['application/pdf', 'application/msword', 'application/vnd.*', BYTES]],
  [
    'wasm bin zip gz tgz bz2 xz 7z rar dmg exe deb rpm jar apk',
    [
      'application/wasm',
      'application/zip',
      'application/gzip',
      'application/x-*',
      'application/java-archive',
      'application/vnd.*',
      BYTES,
    ],
  ],
]

const byExtension = new Map(KINDS.flatMap(([extensions, types]) => extensions.split(' ').map(each => [each, types])))

/** The media types that a path pattern promises by the extension it ends in; undefined where it ends in none that is known. */
export function typesPromised(pattern: string): readonly string[] | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(pattern)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}
