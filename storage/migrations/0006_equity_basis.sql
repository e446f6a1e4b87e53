-- What the equity of an account is made of, so that a change of it is no profit and no loss after a restart either.

alter table account_snapshots add column equity_basis varchar;
comment on column account_snapshots.equity_basis is 'What the equity is made of: a currency, or several assets; NULL: not told.';
