-- The one private reminder of a required push. Only additions: the program before this one runs on it and reminds nobody.

-- Who wants no private reminders. It changes no figure.
CREATE TABLE nudge_mute (
    staff_id BIGINT PRIMARY KEY REFERENCES staff (id),
    muted_at BIGINT NOT NULL
);

-- On this day those were reminded of the push whose turn it was: decided once, whoever does it.
CREATE TABLE nudge_day (
    push_id     BIGINT NOT NULL REFERENCES push (id),
    day         DATE   NOT NULL,
    queued      BIGINT NOT NULL, -- reminders that were made
    unreachable BIGINT NOT NULL, -- people without a private chat
    decided_at  BIGINT NOT NULL,
    PRIMARY KEY (push_id, day)
);
