-- The results database of runexp: an index of the cache, one file per results folder.
--
-- What a stage computed is named by its action (the hash of its recipe) and its
-- seed; how an invocation called it stands in `member`. Names never enter an
-- action, so one run may be a member of several invocations under several names.
-- Times, rates and memory are recorded in columns of their own and are part of no digest.

create table invocation (
	seq      integer primary key autoincrement, -- order of creation
	id       text not null unique,              -- chosen by the caller, shown to the user
	experiment text not null,                   -- name of the experiment block
	started  text not null,                     -- RFC 3339, UTC
	finished text not null,                     -- RFC 3339, UTC; '' while running or when it was killed
	status   text not null check (status in ('running', 'done', 'failed', 'interrupted')),
	build    text not null,                     -- version and digest of the binary, as one line
	host     text not null,                     -- JSON: machine facts (CPU, memory, threads)
	document text not null,                     -- JSON: question, data and shift accounting, methods, selection rule, gate, budgets, failures
	aggregated integer not null check (aggregated in (0, 1)), -- 1 once rows of `aggregate` stand for it
	seal     text not null                      -- sha256 over this row, its members and its aggregates
) strict;

create index invocation_experiment on invocation (experiment, seq);

create table run (
	id       integer primary key,
	action   text not null,                     -- action id of the evaluation, hexadecimal
	seed     integer not null,
	output   text not null,                     -- content id of what the evaluation produced, hexadecimal
	status   text not null,                     -- ok, diverged, collapsed, not_learned
	detail   text not null,                     -- one sentence where the status is not ok
	drawless integer not null check (drawless in (0, 1)), -- 1: the method draws nothing, the seeds are copies
	trainable_params integer not null,          -- parameters that training moves, new head included
	head_params      integer not null,          -- of these, parameters of the new head
	total_params     integer not null,          -- parameters of the adapted model
	stored_bytes     integer not null,          -- bytes to keep besides the base model
	steps            integer not null,          -- optimiser steps taken
	train_seconds    real not null,             -- seconds of training, 0 when nothing was trained
	tokens_per_second real not null,            -- training rate
	peak_bytes       integer not null,          -- highest memory in use
	digest   text not null,                     -- sha256 over this row (no times), its metrics, outcomes and curve
	seal     text not null,                     -- sha256 over the digest, times, rates and memory
	unique (action, seed)
) strict;

create table metric (
	run   integer not null references run (id) on delete cascade,
	split text not null,                        -- train, dev, test_id, test_shift, retention
	slice text not null,                        -- all, or a value: year=2003
	name  text not null,                        -- accuracy, macro_f1, log_loss, …
	value real,                                 -- null exactly when state is not 'finite'
	state text not null check (state in ('finite', 'nan', 'inf', '-inf')),
	n     integer not null,                     -- rows behind the value
	flag  text not null,                        -- why the value is degenerate, '' when it is not
	primary key (run, split, slice, name),
	check ((state = 'finite') = (value is not null))
) strict, without rowid;

create table rowset (
	id   text primary key,                      -- sha256 of the blob
	n    integer not null,                      -- number of rows
	rows blob not null                          -- row ids and slices, encoded as in outcomes.go
) strict, without rowid;

create table outcome (
	run    integer not null references run (id) on delete cascade,
	split  text not null,
	rowset text not null references rowset (id),
	n      integer not null,                    -- number of rows
	data   blob not null,                       -- gold, predicted, score, weight, probabilities: see outcomes.go
	primary key (run, split)
) strict;

create table curve (
	run   integer not null references run (id) on delete cascade,
	name  text not null,                        -- train_loss, dev_macro_f1, learning_rate, …
	step  integer not null,                     -- optimiser steps taken before the value was read
	value real,                                 -- null exactly when state is not 'finite'
	state text not null check (state in ('finite', 'nan', 'inf', '-inf')),
	primary key (run, name, step),
	check ((state = 'finite') = (value is not null))
) strict, without rowid;

create table member (
	invocation integer not null references invocation (seq) on delete cascade,
	position   integer not null,                -- order of the experiment file, then of seeds
	dataset    text not null,
	model      text not null,                   -- '' for baselines
	method     text not null,                   -- type of the block: lora
	block      text not null,                   -- name of the block
	configuration text not null,                -- name with swept values: lora[rank=8]
	condition  text not null,                   -- training condition of a format or rolling shift, '' when there is one
	seed       integer not null,
	status     text not null,                   -- that of the run, or failed, skipped, interrupted when there is none
	detail     text not null,
	selected   integer not null check (selected in (0, 1)),
	action     text not null,                   -- the run's, '' when there is none
	primary key (invocation, position),
	unique (invocation, dataset, model, configuration, condition, seed)
) strict;

create index member_action on member (action, seed);

create table aggregate (
	invocation integer not null references invocation (seq) on delete cascade,
	position   integer not null,                -- smallest position of the members behind it
	dataset    text not null,
	model      text not null,
	method     text not null,
	configuration text not null,
	condition  text not null,
	split      text not null,
	slice      text not null,
	metric     text not null,
	n_seeds    integer not null,                -- seeds with a finite value
	n_rows     integer not null,                -- rows behind each value
	mean       real,                            -- over seeds; null when no seed has a finite value
	sd         real,                            -- over seeds; null with fewer than two
	ci_low     real,                            -- 95 % interval over seeds and rows; null when there is none
	ci_high    real,
	warnings   text not null,                   -- one per line: what the interval does not cover
	trainable_params integer not null,
	total_params     integer not null,
	stored_bytes     integer not null,
	train_seconds    real not null,             -- mean over seeds
	peak_bytes       integer not null,          -- maximum over seeds
	selected   integer not null check (selected in (0, 1)),
	primary key (invocation, position, split, slice, metric)
) strict, without rowid;

-- One row per experiment × dataset × model × method × configuration × split ×
-- slice × metric of each experiment's last aggregated invocation.
create view comparison as
select i.experiment, a.dataset, a.model, a.method, a.configuration, a.split, a.slice, a.metric,
	a.n_seeds, a.mean, a.sd, a.ci_low, a.ci_high,
	a.trainable_params, a.total_params, a.stored_bytes, a.train_seconds, a.peak_bytes, a.selected,
	a.condition, a.n_rows, a.warnings
from aggregate a
join invocation i on i.seq = a.invocation
where i.seq = (
	select max(l.seq) from invocation l where l.experiment = i.experiment and l.aggregated = 1
);
