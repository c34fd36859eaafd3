-- The one private reminder of a required push. Only additions: the program before this one runs on it and reminds nobody.

-- Who wants no private reminders. It changes no figure.
CREATE TABLE nudge_mute (
    staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
    muted_at INTEGER NOT NULL
) STRICT;

-- On this day those were reminded of the push whose turn it was: decided once, whoever does it.
CREATE TABLE nudge_day (
    push_id     INTEGER NOT NULL REFERENCES push (id),
    day         TEXT    NOT NULL,
    queued      INTEGER NOT NULL, -- reminders that were made
    unreachable INTEGER NOT NULL, -- people without a private chat
    decided_at  INTEGER NOT NULL,
    PRIMARY KEY (push_id, day)
) STRICT;
