// Every reason there is: why a response was not stored, why a request was passed, shed or refused. One table, so that
// Cache-Status, the log, `explain` and the docs use the same words. Each room adds its rows here.

interface ReasonRow {
  /** What happened, one sentence. */
  prose: string
  /** What a person can do about it, where something can be done. */
  mend?: string
  /** The status Breakwater answers with, for refusals. */
  status?: number
}

const row = (prose: string, more: Omit<ReasonRow, 'prose'> = {}): ReasonRow => ({ prose, ...more })

export const reasons = {
  'queue-full': row('As many requests wait for the origin as may wait.', {
    status: 503,
    mend: 'Cache more, or raise queue.length if the origin bears it.',
  }),
  'queue-deadline': row('The request waited for the origin as long as it may.', { status: 503 }),
  'no-origin': row('No origin of the site is up.', { status: 503 }),
  'core-away': row('The thread that grants permits does not answer.', { status: 503 }),
  waiting: row('The visitor waits for their turn in the waiting room.', { status: 503 }),
  'not-open-yet': row('The waiting room has not opened yet.', { status: 503 }),
  'waiting-room-full': row('As many visitors wait as may wait.', {
    status: 503,
    mend: 'Raise waitingRoom.length, or let visitors in faster.',
  }),
  'invitation-needed': row('Only those who are invited may wait.', { status: 503 }),
  'invitation-unknown': row('The invitation was not made for this waiting room.', { status: 503 }),
  'invitation-used': row('The invitation was used already, by another browser or for a visit that is over.', {
    status: 503,
  }),
  'ticket-unknown': row('The ticket was not given out by this waiting room, or was changed: a new one was given out.'),
  'ticket-expired': row('The ticket was older than 24 hours: a new one was given out.'),
  'ticket-used': row('The ticket was used already: a new one was given out.'),
  draining: row('This process is shutting down.', { status: 503 }),
  revalidating: row('A stale stored response was served while another request refreshes it.'),
  ailing: row('A stale stored response was served because the origin ails.'),
  shed: row('A stale stored response was served because the origin bears no more requests.'),
  'connect-failed': row('No connection to the origin could be made.', { status: 502 }),
  'connect-timeout': row('The origin did not accept a connection in time.', { status: 504 }),
  'first-byte-timeout': row('The origin sent no response head in time.', { status: 504 }),
  'idle-timeout': row('The origin stopped in the middle of its answer.', { status: 504 }),
  'origin-reset': row('The origin closed the connection before its answer was whole.', { status: 502 }),
  'origin-garbage': row('The origin sent what is no HTTP response.', { status: 502 }),
  'origin-loop': row('The request has passed this Breakwater before (Via names it).', { status: 508 }),
  'too-many-streams': row('As many upgraded connections and event streams are open as may be.', { status: 503 }),
  'form-ticket': row('The form is none of a page that was served from here, or another site asks for its tokens.', {
    status: 403,
  }),
  'form-type': row('The form is neither urlencoded nor multipart nor JSON, or it is compressed.', { status: 415 }),
  'form-broken': row('The form cannot be read: it is cut short or malformed.', { status: 400 }),
  'form-too-large': row('The form is larger than collect.body of its rule.', { status: 413 }),
  'form-invalid': row('A field of the form is missing or is not what it must be.', { status: 422 }),
  'receipt-unknown': row('No form here has this receipt: it is mistyped, or what it was for is no longer kept.', {
    status: 404,
  }),
  'form-key-reused': row('The Idempotency-Key was used for another form before.', { status: 422 }),
  'journal-full': row('The journal of forms holds as much as it may, or the disk is nearly full.', {
    status: 503,
    mend: 'Raise journal.forms or journal.size, make room on the disk, or see whether the origin takes forms.',
  }),
  'journal-off': row('The journal of forms cannot be written: the disk failed.', {
    status: 503,
    mend: 'The log says what the disk said; forms are taken again as soon as it works.',
  }),
  'journal-unsure': row('The disk failed while the form was written, so it may have been kept or not.', {
    status: 503,
    mend: 'The log says what the disk said. Where a rule has `dedupe`, sending the form again is safe in any case.',
  }),
  'journal-no-copy': row('The form could not be copied to the server of the cluster, and nothing of it was kept.', {
    status: 503,
    mend: 'The log says why (`forms-copy-away`). `cluster.copy: if-possible` takes forms without a second copy meanwhile.',
  }),
  'journal-away': row('The thread that keeps the journal of forms does not answer.', { status: 503 }),
  'journal-busy': row('More forms are being taken in than may be at once.', { status: 503 }),
  collected: row('The form was taken into the journal and will be sent to the origin later.'),
  rehearsed: row(
    'The form belongs to a rehearsal of this site: it was judged like any other, and nothing of it was kept.',
  ),
  'body-too-large': row('The request body is larger than limits.requestBody.', { status: 413 }),
  'spool-full': row('No room is left to take request bodies in.', { status: 503 }),
  denied: row('The address is on the deny list.', {
    status: 403,
    mend: 'Take it from clients.deny, or put it on clients.allow.',
  }),
  stubbed: row('In a spike a rule answers this in the origin’s place.', {
    mend: 'Take `spike.stub` out of the rule.',
  }),
  funnelled: row('In a spike a rule leads every page to one path.', {
    mend: 'Say `spike: { funnel: none }` in a later rule for the pages that are to stay.',
  }),
  'to-https': row('The request came over plain HTTP, and the site is served over HTTPS.', {
    mend: 'tls.redirect: false lets plain requests stay.',
  }),
  'rate-limited': row('The client asks more often than the rate limit of a rule allows.', { status: 429 }),
  slowed: row(
    'While the origin was short of places the client asked for more than people do, and did not look like one.',
    {
      status: 503,
      mend: 'GET /api/clients on the admin address tells why. Put it on clients.allow, or turn clients.slow off.',
    },
  ),
  'unknown-host': row('No site has this host.', { status: 421 }),
  'bad-request': row('The request is malformed or ambiguous.', { status: 400 }),
  'not-in-snapshot': row('The site is answered from a snapshot, and that has no such page.', {
    status: 503,
    mend: '`breakwater freeze` tells what it could not take; `snapshot: { missing: origin }` in a rule asks the origin.',
  }),
  'snapshot-broken': row('The snapshot of the site cannot be read; the log has the error.', {
    status: 503,
    mend: 'Go back to the snapshot before with `breakwater freeze --use previous`, or take it anew.',
  }),
  'purge-token': row('A PURGE has to carry the admin token, as `Authorization: Bearer TOKEN`.', {
    status: 403,
    mend: 'The token is in the file admin-token of the data directory, unless the config names another (admin.token).',
  }),
  'purge-mode': row('Purge-Mode is `soft` or `hard`.', { status: 400 }),
  'method-refused': row('This method is not forwarded.', { status: 405 }),
  'target-too-long': row('The request target is longer than limits.targetBytes.', { status: 414 }),
  'headers-too-large': row(
    'The header section is larger than limits.headerBytes or has more lines than limits.headerCount.',
    { status: 431 },
  ),
  'head-timeout': row('The header section was not whole within limits.headTimeout.', { status: 408 }),
  'body-timeout': row('The request body stopped for longer than limits.bodyTimeout.', { status: 408 }),
  'expectation-unknown': row('The request expects something other than 100-continue.', { status: 417 }),
  'version-refused': row('The request is not of HTTP/1.0 or HTTP/1.1.', { status: 505 }),
  'own-path-unknown': row('Nothing is at this path below /.breakwater/, which is never forwarded.', { status: 404 }),
  'room-failed': row('A part of Breakwater failed on this request; the log has the error.', { status: 500 }),

  // What the cache decided about a response that came from the origin.
  'stored-explicit': row('Stored for as long as the response says.'),
  'stored-heuristic': row(
    'Stored for a tenth of the time since its last change: the response says nothing of its lifetime.',
    { mend: 'Send Cache-Control: max-age.' },
  ),
  'stored-by-rule': row('Stored for as long as a rule says.'),
  'stored-anonymous': row(
    'Stored in spike mode as a visitor without any cookie gets it, for as long as a spike rule says.',
  ),
  'stored-to-validate': row('Stored, but used only after the origin confirms it or where a stale response will do.', {
    mend: 'Send Cache-Control: max-age or s-maxage.',
  }),
  'stored-snapshot': row('Served from the snapshot of the site.'),
  'bypass-by-rule': row('A rule says bypass.', {
    mend: 'Take bypass out of the rule, or match less with it.',
  }),
  'copy-differs': row(
    'A spike rule wants one copy for all strangers, but two fetches for nobody in particular brought different pages.',
    { mend: '`breakwater prove URL` shows what differs: name it in `tokens` or `omit` of the rule.' },
  ),
  'copy-unproven': row(
    'A spike rule wants one copy for all strangers, but the second fetch, which is to prove that it is the same for all, failed.',
  ),
  'copy-for-strangers': row(
    'The copy of a spike rule is for strangers, and the visitor has a cookie that may be a session.',
    {
      mend: 'Name the cookie in ignoredCookies if it makes no difference, or say `seenBy: everyone` in the spike rule.',
    },
  ),
  'copy-for-nobody-known': row('Whoever sends Authorization never gets the copy of a spike rule.'),
  'copy-address': row(
    'No copy for all strangers is made of an address that looks like one person’s page, or has what may be a secret in it.',
    { mend: 'Leave tokens out of addresses that everyone is sent to.' },
  ),
  'copy-keyed': row(
    'Rules key by what is one person’s in this request (a session cookie, all cookies, a field that names such an address), and no copy of a spike rule is asked for with that.',
    { mend: 'Key by what many share, or in spike mode by less: `keyedCookies: { spike: [] }`.' },
  ),
  endless: row('An event stream has no end and is never stored.'),
  'body-over-bound': row('The body is larger than cache.maxBody, or than the quota of its site.', {
    mend: 'Raise cache.maxBody, or store.quota of the site.',
  }),
  'key-over-bound': row('The cache key, with all that the response varies by, is longer than 12 KiB.', {
    mend: 'Vary by fewer fields, or by shorter ones.',
  }),
  'header-over-bound': row('The header section of the response is longer than 32 KiB.', {
    mend: 'Send fewer and shorter fields.',
  }),
  'method-not-stored': row('Responses to this method are not stored.'),
  'head-not-stored': row('A response to HEAD has no body to store; it updates what is stored for GET.'),
  'request-range': row('The request asks for a part (Range): what answers it is passed on, and not stored.'),
  'post-without-freshness': row(
    'A response to POST is stored only with explicit freshness and a Content-Location equal to the target.',
  ),
  'request-body': row('The request had a body, which is no part of the cache key.'),
  'protocol-change': row('The request changes to another protocol, such as WebSocket: it has no part in the store.'),
  incomplete: row('The response was cut short.'),
  'request-no-store': row('The request says Cache-Control: no-store.'),
  'response-no-store': row('The response says Cache-Control: no-store.', {
    mend: 'Remove no-store where the page is the same for everyone.',
  }),
  private: row('The response says Cache-Control: private.', {
    mend: 'Remove private where the page is the same for everyone.',
  }),
  'unknown-transfer-coding': row('The response came in a transfer coding other than chunked.'),
  'partial-response': row('The response is a part (206); only whole ones are stored.'),
  'status-never-stored': row('Responses with this status code depend on the one request and are never stored.'),
  'status-not-understood': row('The response says must-understand, and this status code has no meaning to the cache.'),
  'vary-star': row('The response says Vary: *, or its Vary cannot be read or is too long.', {
    mend: 'Name in Vary the few fields that the page depends on.',
  }),
  authorization: row(
    'The request carries Authorization, and the response is not public, s-maxage or must-revalidate.',
    { mend: 'Send Cache-Control: public where the page is the same for everyone.' },
  ),
  'request-cookie': row(
    'The request carries a cookie that may be a session, and the response is neither public nor s-maxage.',
    { mend: 'Name the cookie in ignoredCookies if it makes no difference, or send Cache-Control: public.' },
  ),
  'too-many-tags': row('The response has more than 1024 tags, so that it could not be purged by all of them.', {
    mend: 'Send fewer tags, such as one for a list instead of one for each of its entries.',
  }),
  'set-cookie': row('The response sets a cookie and is neither public nor s-maxage.', {
    mend: 'Do not set the cookie on pages for everyone, or name it in ignoredCookies.',
  }),
  'no-freshness': row('The response says nothing of its lifetime, and its status code is not stored without that.', {
    mend: 'Send Cache-Control: max-age.',
  }),
  'of-no-use': row('The response was stale when it came, and nothing in it lets the origin confirm it later.', {
    mend: 'Send Cache-Control: max-age, an ETag, or Last-Modified.',
  }),
  'good-copy-kept': row('An error is not stored in the place of a page that is stored, whatever lifetime it has.'),

  // What the cache decided about using a stored response.
  fresh: row('The stored response is fresh.'),
  collapsed: row('Answered with what another request fetched meanwhile.'),
  stale: row('The stored response is past its lifetime.', { mend: 'A longer lifetime, or stale-while-revalidate.' }),
  'stale-while-revalidate': row('Past its lifetime, served while a new one is fetched.'),
  'request-max-stale': row('Past its lifetime, and the request says that it takes such a response (max-stale).'),
  'response-no-cache': row('The response says Cache-Control: no-cache: the origin confirms it before each use.', {
    mend: 'Send max-age instead, be it one second.',
  }),
  'must-revalidate': row(
    'Past its lifetime, and the response forbids to use it then (must-revalidate, proxy-revalidate, s-maxage).',
  ),
  purged: row('The stored response was purged softly: it is served while a new one is fetched.'),
  'request-no-cache': row('The request wants the origin asked (no-cache), as a reload does.'),
  'request-max-age': row('The stored response is older than the request takes (max-age).'),
  'request-min-fresh': row('The stored response stays fresh for less than the request wants (min-fresh).'),
  'only-if-cached': row('The request wants a stored response only, and there is none to use.', { status: 504 }),
} as const satisfies Record<string, ReasonRow>

export type ReasonCode = keyof typeof reasons
