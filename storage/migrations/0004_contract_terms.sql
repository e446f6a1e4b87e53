-- What positions are measured with and no cycle repeats: contract terms and leverage brackets.

create table contract_terms (
    snapshot_id   bigint not null,
    taken_at      timestamp not null,
    venue         varchar not null,
    symbol        varchar not null,
    terms         varchar not null,
    brackets      varchar not null
);
comment on table contract_terms is 'The terms of each contract, when riskd first needs it after a start and whenever they change.';
comment on column contract_terms.snapshot_id is 'First snapshot that they hold for; see snapshots.';
comment on column contract_terms.taken_at is 'The moment of judging, UTC.';
comment on column contract_terms.venue is 'Venue id.';
comment on column contract_terms.symbol is 'Unified symbol, such as BTC/USDT:USDT.';
comment on column contract_terms.terms is 'JSON of the contract: base, steps, smallest and largest orders, in the venue''s own digits.';
comment on column contract_terms.brackets is 'JSON of the leverage brackets: notional floor, maintenance rate and amount of each; null: not known.';
