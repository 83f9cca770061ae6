// The words of the waiting page, by language. An operator's file may replace any of them and add languages.

import { negotiateLanguage } from '../../http/language.ts'
import { combined } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import type { WaitingRoomConfig } from '../../config/types.ts'

const english = {
  heading: 'You are in line',
  place: 'Your place',
  wait: 'Expected wait',
  unknown: 'We cannot tell yet',
  soon: 'It is nearly your turn',
  called: 'It is your turn. The page opens now.',
  keep: 'This page brings you in by itself. If you reload or close it, your place is kept for 24 hours.',
  turn: 'When it is your turn, you have one minute to come.',
  before: 'It has not opened yet',
  opens: 'Opens in',
  early: 'Come back shortly before the opening: then everybody who is here takes part in a draw.',
  gathering:
    'When it opens, a draw decides the order among all who are here. It makes no difference how early you came.',
  drawing: 'The order is being drawn. It takes a few seconds.',
  promise: 'Proof of a fair draw',
  full: 'The waiting room is full',
  fullText: 'As many people as may wait are waiting. This page tries again by itself.',
  invited: 'By invitation',
  invitedText: 'Only those who have an invitation may wait here.',
  code: 'Your invitation code',
  enter: 'Enter',
  codeWrong: 'This code is not known here. Please look at it again.',
  codeUsed: 'This code has been used already. Each is for one person.',
  kept: 'What you sent has been kept on this page. It is sent again when it is your turn.',
  send: 'Send it now',
  notKept: 'What you sent has not been taken. Please go back when it is your turn and send it again.',
  expired: 'Your ticket was too old, or used already. This is a new one.',
  unreachable: 'No connection at the moment. Your place is kept; we go on trying.',
}

export type Words = typeof english

const builtIn: Record<string, Words> = {
  en: english,
  de: {
    heading: 'Sie stehen in der Warteschlange',
    place: 'Ihr Platz',
    wait: 'Voraussichtliche Wartezeit',
    unknown: 'Das lässt sich noch nicht sagen',
    soon: 'Sie sind gleich an der Reihe',
    called: 'Sie sind an der Reihe. Die Seite öffnet sich jetzt.',
    keep: 'Diese Seite bringt Sie von selbst weiter. Wenn Sie sie neu laden oder schließen, bleibt Ihr Platz 24 Stunden erhalten.',
    turn: 'Wenn Sie an der Reihe sind, haben Sie eine Minute Zeit.',
    before: 'Noch nicht geöffnet',
    opens: 'Öffnet in',
    early: 'Kommen Sie kurz vor der Öffnung wieder: Dann nehmen alle, die da sind, an einer Auslosung teil.',
    gathering:
      'Bei der Öffnung wird die Reihenfolge unter allen ausgelost, die da sind. Wie früh Sie gekommen sind, spielt keine Rolle.',
    drawing: 'Die Reihenfolge wird ausgelost. Das dauert einige Sekunden.',
    promise: 'Nachweis der fairen Auslosung',
    full: 'Der Warteraum ist voll',
    fullText: 'Es warten so viele Menschen, wie hier warten können. Diese Seite versucht es von selbst wieder.',
    invited: 'Mit Einladung',
    invitedText: 'Hier können nur Eingeladene warten.',
    code: 'Ihr Einladungscode',
    enter: 'Weiter',
    codeWrong: 'Dieser Code ist hier nicht bekannt. Bitte prüfen Sie ihn.',
    codeUsed: 'Dieser Code ist schon benutzt worden. Jeder gilt für eine Person.',
    kept: 'Was Sie gesendet haben, ist auf dieser Seite aufgehoben. Es wird noch einmal gesendet, wenn Sie an der Reihe sind.',
    send: 'Jetzt senden',
    notKept:
      'Was Sie gesendet haben, wurde nicht angenommen. Bitte gehen Sie zurück, wenn Sie an der Reihe sind, und senden Sie es erneut.',
    expired: 'Ihr Ticket war zu alt oder schon benutzt. Dies ist ein neues.',
    unreachable: 'Gerade keine Verbindung. Ihr Platz bleibt erhalten; wir versuchen es weiter.',
  },
  fr: {
    heading: 'Vous êtes dans la file d’attente',
    place: 'Votre place',
    wait: 'Attente estimée',
    unknown: 'Impossible à dire pour l’instant',
    soon: 'C’est bientôt votre tour',
    called: 'C’est votre tour. La page s’ouvre.',
    keep: 'Cette page vous fera entrer d’elle-même. Si vous la rechargez ou la fermez, votre place est gardée 24 heures.',
    turn: 'Quand votre tour vient, vous avez une minute pour entrer.',
    before: 'Ce n’est pas encore ouvert',
    opens: 'Ouvre dans',
    early: 'Revenez peu avant l’ouverture : toutes les personnes présentes participeront alors à un tirage au sort.',
    gathering:
      'À l’ouverture, un tirage au sort décide de l’ordre entre toutes les personnes présentes. Être venu plus tôt n’y change rien.',
    drawing: 'Le tirage au sort est en cours. Cela prend quelques secondes.',
    promise: 'Preuve d’un tirage équitable',
    full: 'La salle d’attente est pleine',
    fullText: 'Autant de personnes que possible attendent déjà. Cette page réessaie d’elle-même.',
    invited: 'Sur invitation',
    invitedText: 'Seules les personnes invitées peuvent attendre ici.',
    code: 'Votre code d’invitation',
    enter: 'Entrer',
    codeWrong: 'Ce code n’est pas connu ici. Veuillez le vérifier.',
    codeUsed: 'Ce code a déjà été utilisé. Chacun vaut pour une personne.',
    kept: 'Ce que vous avez envoyé est gardé sur cette page. Ce sera renvoyé quand votre tour viendra.',
    send: 'Envoyer maintenant',
    notKept:
      'Ce que vous avez envoyé n’a pas été pris. Revenez en arrière quand votre tour viendra et envoyez-le de nouveau.',
    expired: 'Votre ticket était trop ancien ou déjà utilisé. En voici un nouveau.',
    unreachable: 'Pas de connexion pour le moment. Votre place est gardée ; nous réessayons.',
  },
  es: {
    heading: 'Está usted en la cola',
    place: 'Su puesto',
    wait: 'Espera prevista',
    unknown: 'Todavía no se puede decir',
    soon: 'Ya casi es su turno',
    called: 'Es su turno. La página se abre ahora.',
    keep: 'Esta página le hará entrar por sí sola. Si la recarga o la cierra, su puesto se guarda 24 horas.',
    turn: 'Cuando llegue su turno, tiene un minuto para entrar.',
    before: 'Todavía no está abierto',
    opens: 'Abre en',
    early: 'Vuelva poco antes de la apertura: todas las personas presentes participarán en un sorteo.',
    gathering:
      'En la apertura, un sorteo decide el orden entre todas las personas presentes. Haber llegado antes no cambia nada.',
    drawing: 'Se está sorteando el orden. Tarda unos segundos.',
    promise: 'Prueba de un sorteo justo',
    full: 'La sala de espera está llena',
    fullText: 'Ya esperan tantas personas como pueden esperar. Esta página lo vuelve a intentar por sí sola.',
    invited: 'Con invitación',
    invitedText: 'Solo pueden esperar aquí las personas invitadas.',
    code: 'Su código de invitación',
    enter: 'Entrar',
    codeWrong: 'Este código no se conoce aquí. Compruébelo, por favor.',
    codeUsed: 'Este código ya se ha usado. Cada uno vale para una persona.',
    kept: 'Lo que envió se ha guardado en esta página. Se enviará de nuevo cuando llegue su turno.',
    send: 'Enviar ahora',
    notKept: 'Lo que envió no se ha aceptado. Vuelva atrás cuando llegue su turno y envíelo de nuevo.',
    expired: 'Su número era demasiado antiguo o ya se había usado. Este es nuevo.',
    unreachable: 'Ahora no hay conexión. Su puesto se guarda; seguimos intentándolo.',
  },
  nl: {
    heading: 'U staat in de rij',
    place: 'Uw plaats',
    wait: 'Verwachte wachttijd',
    unknown: 'Dat is nog niet te zeggen',
    soon: 'U bent bijna aan de beurt',
    called: 'U bent aan de beurt. De pagina gaat nu open.',
    keep: 'Deze pagina brengt u vanzelf verder. Als u haar herlaadt of sluit, blijft uw plaats 24 uur bewaard.',
    turn: 'Als u aan de beurt bent, hebt u een minuut de tijd.',
    before: 'Nog niet open',
    opens: 'Gaat open over',
    early: 'Kom kort voor de opening terug: dan doet iedereen die er is mee aan een loting.',
    gathering:
      'Bij de opening bepaalt een loting de volgorde van iedereen die er is. Hoe vroeg u kwam, maakt niet uit.',
    drawing: 'De volgorde wordt geloot. Dat duurt enkele seconden.',
    promise: 'Bewijs van een eerlijke loting',
    full: 'De wachtruimte is vol',
    fullText: 'Er wachten zoveel mensen als er kunnen wachten. Deze pagina probeert het vanzelf opnieuw.',
    invited: 'Op uitnodiging',
    invitedText: 'Alleen wie een uitnodiging heeft, kan hier wachten.',
    code: 'Uw uitnodigingscode',
    enter: 'Verder',
    codeWrong: 'Deze code is hier niet bekend. Kijk haar nog eens na.',
    codeUsed: 'Deze code is al gebruikt. Elke code is voor één persoon.',
    kept: 'Wat u hebt verzonden, is op deze pagina bewaard. Het wordt opnieuw verzonden als u aan de beurt bent.',
    send: 'Nu verzenden',
    notKept: 'Wat u hebt verzonden, is niet aangenomen. Ga terug als u aan de beurt bent en verzend het opnieuw.',
    expired: 'Uw nummer was te oud of al gebruikt. Dit is een nieuw.',
    unreachable: 'Nu geen verbinding. Uw plaats blijft bewaard; we blijven het proberen.',
  },
}

const perRoom = new WeakMap<WaitingRoomConfig, Record<string, Words>>()

/** The words in the language that the visitor likes best, English where none of theirs is there. */
export function wordsFor(settings: WaitingRoomConfig, fields: Fields): { language: string; words: Words } {
  let all = perRoom.get(settings)
  if (all === undefined) perRoom.set(settings, (all = withOwn(settings.words)))
  const language = negotiateLanguage(combined(fields, 'accept-language'), Object.keys(all)) ?? 'en'
  return { language, words: all[language]! }
}

/** The operator's words over ours. What is no word of ours is left out. */
function withOwn(text: string | undefined): Record<string, Words> {
  if (text === undefined) return builtIn
  const own = parseWords(text) ?? {}
  const languages = [...new Set([...Object.keys(builtIn), ...Object.keys(own)])]
  return Object.fromEntries(
    languages.map(language => [language, { ...english, ...builtIn[language], ...own[language] }]),
  )
}

const isWord = ([name, word]: [string, unknown]): boolean => Object.hasOwn(english, name) && typeof word === 'string'

/** Words by language from JSON, or undefined where it is no such thing. */
function parseWords(text: string): Record<string, Partial<Words>> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  return Object.fromEntries(
    Object.entries(parsed).map(([language, words]) => [
      language,
      Object.fromEntries(Object.entries((words ?? {}) as object).filter(isWord)),
    ]),
  )
}
