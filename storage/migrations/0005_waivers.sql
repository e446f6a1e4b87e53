-- Which waiver held for the subject of a verdict.

alter table verdicts add column waiver varchar;
comment on column verdicts.waiver is 'Id of the waiver that held for the subject, whose limit is then the one recorded; NULL: none did.';
comment on column verdicts.outcome is 'ok, warn, breach, critical or unknown; waived: beyond the normal limit, within that of a waiver.';
