-- The journal, as tables: a projection that can be rebuilt from the journal at any time.
-- Every row names the journal entry it was made from. All times are UTC. NULL means unknown, never 0.
-- A column that ends in _exact holds the very digits of an order; the one without is the same number for arithmetic.

create table journal_projection (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    kind               varchar not null,
    hash               varchar not null,
    body               varchar not null
);
comment on table journal_projection is 'Every journal entry that has reached this ledger, in its own words.';
comment on column journal_projection.journal_sequence is 'Counted from 1 without gaps.';
comment on column journal_projection.happened_at is 'UTC.';
comment on column journal_projection.kind is 'start, cycle, event, intent and so on.';
comment on column journal_projection.hash is 'sha256 that chains the entry to the one before.';
comment on column journal_projection.body is 'Canonical JSON.';

create table daemon_events (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    kind               varchar not null,
    detail             varchar not null,
    actor              varchar not null,
    facts              varchar not null
);
comment on table daemon_events is 'What riskd did and what befell it, apart from alerts, plans and orders.';
comment on column daemon_events.journal_sequence is 'Entry in the journal.';
comment on column daemon_events.happened_at is 'UTC.';
comment on column daemon_events.kind is 'start, stop, gap, halt, resume, fault, or cancel (a resting take-profit that blocked a reduction).';
comment on column daemon_events.detail is 'What happened, for people.';
comment on column daemon_events.actor is 'Who caused it; empty for riskd itself.';
comment on column daemon_events.facts is 'Further facts as a JSON object.';

create table accounts (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    account            varchar not null,
    venue              varchar not null,
    desk               varchar not null,
    book               varchar not null,
    mode               varchar not null,
    labels             varchar not null
);
comment on table accounts is 'The desk as configured, each time it was loaded; the newest journal_sequence is in force.';
comment on column accounts.journal_sequence is 'Entry in the journal.';
comment on column accounts.happened_at is 'When it was loaded, UTC.';
comment on column accounts.account is 'Account id.';
comment on column accounts.venue is 'Venue id.';
comment on column accounts.desk is 'Level above book; empty when unused.';
comment on column accounts.book is 'Level above account; empty when unused.';
comment on column accounts.mode is 'observe, propose or enforce: how far riskd may go on this account.';
comment on column accounts.labels is 'JSON object.';

create table policies (
    journal_sequence   bigint not null,
    activated_at       timestamp not null,
    policy_hash        varchar not null,
    file               varchar not null,
    policy_text        varchar not null,
    actor              varchar not null
);
comment on table policies is 'The policies in force, one row a file, each time they changed.';
comment on column policies.journal_sequence is 'Entry in the journal.';
comment on column policies.activated_at is 'UTC.';
comment on column policies.policy_hash is 'sha256 of all files together; see snapshots.policy_hash.';
comment on column policies.file is 'Path as configured.';
comment on column policies.policy_text is 'The whole file.';
comment on column policies.actor is 'Who brought it into force; empty for riskd at its start.';

create table alert_events (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    rule               varchar not null,
    grain              varchar not null,
    subject            varchar not null,
    account            varchar not null,
    episode            bigint not null,
    version            bigint not null,
    kind               varchar not null,
    reason             varchar not null,
    level_before       varchar not null,
    level_after        varchar not null,
    condition_after    varchar not null,
    value              double,
    limit_value        double
);
comment on table alert_events is 'Every change of every alert.';
comment on column alert_events.journal_sequence is 'Entry in the journal.';
comment on column alert_events.happened_at is 'UTC.';
comment on column alert_events.rule is 'policy/rule.';
comment on column alert_events.grain is 'Kind of subject.';
comment on column alert_events.subject is 'The subject, its parts in canonical order.';
comment on column alert_events.account is 'Account of the subject; empty for a subject above accounts.';
comment on column alert_events.episode is 'Counted up at each firing of this rule and subject.';
comment on column alert_events.version is 'Counted up with each change.';
comment on column alert_events.kind is 'pending, fired, escalated, deescalated, clearing, relapsed, resolved, unknown, known_again or lapsed.';
comment on column alert_events.reason is 'Why it changed.';
comment on column alert_events.level_before is 'ok, warn, breach or critical.';
comment on column alert_events.level_after is 'ok, warn, breach or critical.';
comment on column alert_events.condition_after is 'ok, pending, firing or clearing.';
comment on column alert_events.value is 'Measured value, in the measure''s unit; NULL when data was missing.';
comment on column alert_events.limit_value is 'The limit crossed or cleared.';

create table alert_states (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    rule               varchar not null,
    grain              varchar not null,
    subject            varchar not null,
    account            varchar not null,
    condition          varchar not null,
    level              varchar not null,
    is_unknown         boolean not null,
    episode            bigint not null,
    version            bigint not null,
    opened_at          timestamp,
    state              varchar not null
);
comment on table alert_states is 'The state of an alert after each change; the newest journal_sequence of a rule and subject is its present.';
comment on column alert_states.journal_sequence is 'Entry in the journal.';
comment on column alert_states.happened_at is 'UTC.';
comment on column alert_states.rule is 'policy/rule.';
comment on column alert_states.grain is 'Kind of subject.';
comment on column alert_states.subject is 'The subject, its parts in canonical order.';
comment on column alert_states.account is 'Account of the subject; empty for a subject above accounts.';
comment on column alert_states.condition is 'ok, pending, firing or clearing.';
comment on column alert_states.level is 'Level at which it fires.';
comment on column alert_states.is_unknown is 'True while data has been missing for longer than the rule holds.';
comment on column alert_states.episode is 'Counted up at each firing.';
comment on column alert_states.version is 'Counted up with each change.';
comment on column alert_states.opened_at is 'When this episode began, UTC; NULL when not firing.';
comment on column alert_states.state is 'The whole state as JSON, as a restart reads it.';

create table plans (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    plan_id            varchar not null,
    account            varchar not null,
    rule               varchar not null,
    subject            varchar not null,
    alert_episode      bigint not null,
    action             varchar not null,
    target             double,
    value_before       double,
    value_after        double,
    steps              bigint not null,
    snapshot_id        bigint not null,
    created_at         timestamp not null,
    untouched          varchar not null
);
comment on table plans is 'What riskd means to do about an alert, before any order exists.';
comment on column plans.journal_sequence is 'Entry in the journal.';
comment on column plans.happened_at is 'When it was recorded, UTC.';
comment on column plans.plan_id is 'Unique.';
comment on column plans.account is 'All its steps are in this account.';
comment on column plans.rule is 'policy/rule that asked for it.';
comment on column plans.subject is 'Subject of the alert.';
comment on column plans.alert_episode is 'Episode of the alert.';
comment on column plans.action is 'deleverage or close.';
comment on column plans.target is 'Value that the measure shall reach.';
comment on column plans.value_before is 'The measured value.';
comment on column plans.value_after is 'The same measure on the book as it would be.';
comment on column plans.steps is 'Number of steps; see plan_steps.';
comment on column plans.snapshot_id is 'The snapshot it was made on.';
comment on column plans.created_at is 'When it was made, UTC.';
comment on column plans.untouched is 'JSON list of [position, why it is left alone].';

create table plan_steps (
    journal_sequence    bigint not null,
    happened_at         timestamp not null,
    plan_id             varchar not null,
    step                bigint not null,
    account             varchar not null,
    symbol              varchar not null,
    position_side       varchar not null,
    held                double,
    held_exact          varchar not null,
    quantity            double,
    quantity_exact      varchar not null,
    mark_price          double,
    mark_price_exact    varchar not null,
    cost_estimate_usd   double
);
comment on table plan_steps is 'One row a step of a plan: reduce one position.';
comment on column plan_steps.journal_sequence is 'Entry of the plan in the journal.';
comment on column plan_steps.happened_at is 'UTC.';
comment on column plan_steps.plan_id is 'See plans.';
comment on column plan_steps.step is 'Counted from 1, in order of execution.';
comment on column plan_steps.account is 'Account id.';
comment on column plan_steps.symbol is 'Unified symbol.';
comment on column plan_steps.position_side is 'BOTH, LONG or SHORT.';
comment on column plan_steps.held is 'Base units held when planned, signed.';
comment on column plan_steps.held_exact is 'The same, exact.';
comment on column plan_steps.quantity is 'Base units to close, > 0.';
comment on column plan_steps.quantity_exact is 'The same, exact.';
comment on column plan_steps.mark_price is 'Quote per base that the plan was made on.';
comment on column plan_steps.mark_price_exact is 'The same, exact.';
comment on column plan_steps.cost_estimate_usd is 'Fees and slippage, >= 0.';

create table plan_states (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    plan_id            varchar not null,
    state              varchar not null,
    reason             varchar not null
);
comment on table plan_states is 'What became of each plan, step by step.';
comment on column plan_states.journal_sequence is 'Entry in the journal.';
comment on column plan_states.happened_at is 'UTC.';
comment on column plan_states.plan_id is 'See plans.';
comment on column plan_states.state is 'proposed, executing, done, refused, failed or withdrawn.';
comment on column plan_states.reason is 'Why; empty when there is nothing to say.';

create table intents (
    journal_sequence    bigint not null,
    happened_at         timestamp not null,
    client_order_id     varchar not null,
    plan_id             varchar not null,
    account             varchar not null,
    venue               varchar not null,
    symbol              varchar not null,
    venue_symbol        varchar not null,
    position_side       varchar not null,
    direction           varchar not null,
    held                double,
    held_exact          varchar not null,
    quantity            double,
    quantity_exact      varchar not null,
    limit_price         double,
    limit_price_exact   varchar not null,
    created_at          timestamp not null,
    expires_at          timestamp not null
);
comment on table intents is 'Orders that were about to be sent, each durable before it left. All of them reduce.';
comment on column intents.journal_sequence is 'Entry in the journal.';
comment on column intents.happened_at is 'UTC.';
comment on column intents.client_order_id is '32 hexadecimal digits.';
comment on column intents.plan_id is 'See plans.';
comment on column intents.account is 'Account id.';
comment on column intents.venue is 'Venue id.';
comment on column intents.symbol is 'Unified symbol.';
comment on column intents.venue_symbol is 'The venue''s own name.';
comment on column intents.position_side is 'BOTH, LONG or SHORT.';
comment on column intents.direction is 'BUY or SELL.';
comment on column intents.held is 'Base units held at the fresh read before sending, signed.';
comment on column intents.held_exact is 'The same, exact.';
comment on column intents.quantity is 'Base units, > 0.';
comment on column intents.quantity_exact is 'The same, exact.';
comment on column intents.limit_price is 'Quote per base; NULL for a market order.';
comment on column intents.limit_price_exact is 'The same, exact; empty for a market order.';
comment on column intents.created_at is 'UTC.';
comment on column intents.expires_at is 'After it the venue cannot book the order any more, UTC.';

create table receipts (
    journal_sequence      bigint not null,
    happened_at           timestamp not null,
    client_order_id       varchar not null,
    status                varchar not null,
    filled                double,
    filled_exact          varchar not null,
    average_price         double,
    average_price_exact   varchar not null,
    venue_order_id        varchar not null,
    code                  varchar not null,
    detail                varchar not null
);
comment on table receipts is 'What became known of each intent; the newest journal_sequence of an intent is the last word.';
comment on column receipts.journal_sequence is 'Entry in the journal.';
comment on column receipts.happened_at is 'When it became known, UTC.';
comment on column receipts.client_order_id is 'See intents.';
comment on column receipts.status is 'acknowledged, rejected, unknown, filled, partially_filled, cancelled, not_booked or escalated.';
comment on column receipts.filled is 'Base units filled.';
comment on column receipts.filled_exact is 'The same, exact.';
comment on column receipts.average_price is 'Quote per base; NULL when nothing filled.';
comment on column receipts.average_price_exact is 'The same, exact; empty when nothing filled.';
comment on column receipts.venue_order_id is 'The venue''s id; empty when unknown.';
comment on column receipts.code is 'The venue''s code of a refusal; empty otherwise.';
comment on column receipts.detail is 'The venue''s words or ours.';

create table messages (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    message_key        varchar not null,
    state              varchar not null,
    channel            varchar not null,
    reference          varchar not null,
    thread             varchar not null,
    kind               varchar not null,
    level              varchar not null,
    headline           varchar not null,
    message            varchar not null
);
comment on table messages is 'The outbox: one row when a message is queued, one for each channel that took it.';
comment on column messages.journal_sequence is 'Entry in the journal.';
comment on column messages.happened_at is 'UTC.';
comment on column messages.message_key is 'Messages with the same key are the same message.';
comment on column messages.state is 'queued or delivered.';
comment on column messages.channel is 'Channel that took it; empty while queued.';
comment on column messages.reference is 'The channel''s name of the post; empty while queued.';
comment on column messages.thread is 'Key of the root message; empty for a root.';
comment on column messages.kind is 'alert, escalation, unknown, plan, execution, resolved or system; empty on delivery.';
comment on column messages.level is 'ok, warn, breach or critical; empty on delivery.';
comment on column messages.headline is 'The sentence that stands alone; empty on delivery.';
comment on column messages.message is 'The whole message as JSON; empty on delivery.';

create table decisions (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    what               varchar not null,
    actor              varchar not null,
    target             varchar not null,
    until_at           timestamp,
    note               varchar not null
);
comment on table decisions is 'What people decided: acknowledged, silenced, approved, rejected.';
comment on column decisions.journal_sequence is 'Entry in the journal.';
comment on column decisions.happened_at is 'UTC.';
comment on column decisions.what is 'ack, silence, approve, reject and so on.';
comment on column decisions.actor is 'Who.';
comment on column decisions.target is 'The alert, plan or account it is about.';
comment on column decisions.until_at is 'When it ends by itself, UTC; NULL when it does not.';
comment on column decisions.note is 'Why, in their words.';
