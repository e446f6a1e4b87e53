-- What policies mean, apart from how they are written, and what each change of them changed.

create table policy_forms (
    journal_sequence   bigint not null,
    activated_at       timestamp not null,
    policy_hash        varchar not null,
    policy             varchar not null,
    form               varchar not null
);
comment on table policy_forms is 'The canonical form of each policy, when policies with another hash come into force.';
comment on column policy_forms.journal_sequence is 'Entry in the journal.';
comment on column policy_forms.activated_at is 'UTC.';
comment on column policy_forms.policy_hash is 'sha256 of all policies together; see snapshots.policy_hash.';
comment on column policy_forms.policy is 'Name of the policy.';
comment on column policy_forms.form is 'JSON of everything that riskd acts on, tests with or shows: what the hash is made of.';

create table policy_changes (
    journal_sequence   bigint not null,
    activated_at       timestamp not null,
    policy_hash        varchar not null,
    change             varchar not null
);
comment on table policy_changes is 'What differed from the policies before, one row a difference.';
comment on column policy_changes.journal_sequence is 'Entry in the journal.';
comment on column policy_changes.activated_at is 'UTC.';
comment on column policy_changes.policy_hash is 'sha256 of the policies that came into force.';
comment on column policy_changes.change is 'In words: what loosens, tightens, acts more, is unclear, or is words only, with both places.';
