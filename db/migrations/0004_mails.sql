-- A mail is sent by one process at a time, and a mail that the server refuses for good has a status of its own.
--
-- The processes of the version before continue to work: they claim without a lease.
alter table mails
  -- Which attempt is sending the mail, and until when no other one may send it. The attempt extends the time while it sends.
  add column lease        text,
  add column leased_until timestamptz,
  drop constraint mails_status_check,
  add constraint mails_status_check check (status in ('pending', 'sent', 'failed', 'refused'));

-- A mail is updated once, as soon as it is sent. With room for both versions on one page, the update adds no entries to the indexes.
alter table mails set (fillfactor = 55);
