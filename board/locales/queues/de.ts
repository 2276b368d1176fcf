import type { queues as en } from './en.ts';
import type { Text } from '../../lib/texts.ts';

export const queues: Readonly<Record<keyof typeof en, Text>> = {
  'check.accepted': 'Das Wiederholen würde gelingen.',
  'check.hint': 'Prüfen ändert nichts.',
  'check.line': 'Zeile {n}',
  'check.nothingDone': 'Noch ist nichts geschehen.',
  'check.refused': 'Das Wiederholen würde abgelehnt.',
  'check.verb': 'Prüfen',
  'late.held':
    'Sie wartet auf Bestand oder ein Etikett. Was sie aufhält, steht auf der Seite der Bestellung.',
  'late.noCode': 'Keine Sendungsnummer',
  'late.why.delivery': 'Seit {age} unterwegs',
  'late.why.handOver': 'Seit {age} nicht übergeben',
  'log.payment_checked': 'Anbieter nach der Zahlung gefragt',
  'queue.ago': 'vor {age}',
  'queue.lastSettled': 'Zuletzt erledigt von',
  'way.ask': 'Die Zahlung wird jetzt beim Anbieter nachgesehen. Die Frage belastet nichts.',
  'way.ask.done': 'Der Anbieter wird gefragt. Die Bestellung zeigt die Antwort.',
  'way.ask.verb': 'Anbieter fragen',
  'way.cancelOrder': 'Die Bestellung endet. Was sich als bezahlt zeigt, wird erstattet.',
  'way.cancelOrder.verb': 'Bestellung stornieren',
  'way.count': 'Den wirklichen Bestand setzen. Der Dialog nennt die Bestellungen, denen etwas fehlt.',
  'way.count.verb': 'Zählen oder korrigieren',
  'way.pauseItem': 'Keine neue Bestellung nimmt den Artikel, bis der Verkauf weitergeht.',
  'way.pauseItem.verb': 'Verkauf anhalten',
  'way.report':
    'Das Lager hat sie dem Versanddienst gegeben: der Kunde bekommt eine Mail mit der Sendungsnummer.',
  'way.report.verb': 'Übergeben',
};
