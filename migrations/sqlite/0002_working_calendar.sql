-- The working calendar, rules of every kind, and slots that move. Incompatible with an older program, which knows the
-- column rule as cron.

-- A year taken in by an admin. It wins over the file of that year beside the items.
CREATE TABLE calendar_year (
    year        INTEGER PRIMARY KEY,
    body        TEXT    NOT NULL, -- as it was taken in: TOML, or the public JSON
    imported_at INTEGER NOT NULL
) STRICT;

-- What schedule.next_at was computed with.
CREATE TABLE plan_state (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    calendar TEXT    NOT NULL -- fingerprint of the calendar
) STRICT;
INSERT INTO plan_state (id, calendar) VALUES (1, '');

ALTER TABLE schedule RENAME COLUMN cron TO rule;
UPDATE schedule SET rule = 'cron ' || rule;
ALTER TABLE schedule ADD COLUMN on_holiday TEXT NOT NULL DEFAULT 'skip'
    CHECK (on_holiday IN ('skip', 'previous', 'next', 'run'));
ALTER TABLE schedule ADD COLUMN missed TEXT NOT NULL DEFAULT 'late' CHECK (missed IN ('skip', 'late'));
ALTER TABLE schedule ADD COLUMN max_late INTEGER NOT NULL DEFAULT 240; -- minutes
ALTER TABLE schedule ADD COLUMN starts_on TEXT;
ALTER TABLE schedule ADD COLUMN ends_on TEXT; -- last day, inclusive
ALTER TABLE schedule ADD COLUMN tag TEXT; -- choose among the items with this tag
ALTER TABLE schedule ADD COLUMN deadline TEXT; -- null: the default of what goes out
ALTER TABLE schedule ADD COLUMN since_at INTEGER NOT NULL DEFAULT 0; -- slots due up to here are none of this revision
UPDATE schedule SET since_at = created_at;
ALTER TABLE schedule ADD COLUMN next_at INTEGER DEFAULT 0; -- when to look at it again; null: never
CREATE INDEX schedule_due ON schedule (next_at) WHERE state <> 'removed';
CREATE INDEX schedule_group_of ON schedule_group (group_id);

-- slot_at stays the identity of a slot: what the rule says before holidays, caps and notices move it.
ALTER TABLE occurrence ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
UPDATE occurrence SET due_at = slot_at;
ALTER TABLE occurrence ADD COLUMN moved_from INTEGER; -- when it would have gone out
ALTER TABLE occurrence ADD COLUMN moved_by TEXT CHECK (moved_by IN ('holiday', 'cap'));
ALTER TABLE occurrence ADD COLUMN festivals TEXT NOT NULL DEFAULT ''; -- which it reminds of, joined by a comma
ALTER TABLE occurrence ADD COLUMN off_name TEXT; -- the holiday that kept it from going out; null: none, or a weekend
CREATE INDEX occurrence_due ON occurrence (due_at) WHERE state = 'planned';
CREATE INDEX occurrence_time ON occurrence (due_at);
CREATE INDEX push_slot ON push (slot_at);

ALTER TABLE item_version ADD COLUMN tags TEXT NOT NULL DEFAULT ''; -- joined by a comma
ALTER TABLE item_version ADD COLUMN festivals TEXT NOT NULL DEFAULT ''; -- joined by a comma
-- How long an item rested is asked per chat.
DROP INDEX push_item;
CREATE INDEX delivery_push_group ON delivery (target_id, subject_id) WHERE kind = 'push' AND target_kind = 'group';

-- Something the admins are told once, in private.
CREATE TABLE alert (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT    NOT NULL,
    key       TEXT    NOT NULL, -- what it is about, so that it is raised once
    detail    TEXT    NOT NULL, -- JSON: ids, dates and counts for the sentence
    raised_at INTEGER NOT NULL,
    UNIQUE (kind, key)
) STRICT;
