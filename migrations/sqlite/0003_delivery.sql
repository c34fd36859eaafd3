-- What sending, stopping, taking in and restoring need beyond one undisturbed process. Only additions: the program
-- before this one runs on it, and sees neither relays nor stops.

-- A delivery that a person carries: the platform of its target takes no messages from programs.
ALTER TABLE delivery ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
-- What a person decided about it, when nobody else could know.
ALTER TABLE delivery ADD COLUMN decision TEXT CHECK (decision IN ('sent', 'resend', 'abandon', 'relayed', 'declined'));
ALTER TABLE delivery ADD COLUMN decided_by TEXT; -- the actor, as the ledger writes it
ALTER TABLE delivery ADD COLUMN decided_at INTEGER;
ALTER TABLE delivery ADD COLUMN decision_reason TEXT; -- in the words of who decided
CREATE INDEX delivery_by_hand ON delivery (not_before) WHERE by_hand = 1 AND state = 'queued';

-- The first message that waits for each target, however many wait: what may go is chosen among these.
CREATE INDEX delivery_waiting ON delivery (target_kind, target_id, not_before, id)
    WHERE state IN ('queued', 'retry_wait') AND NOT by_hand;
-- Whose time is over, without looking at all that wait.
CREATE INDEX delivery_over ON delivery (expires_at) WHERE state IN ('queued', 'retry_wait');

-- A copy that is to be taken back, and what became of it.
ALTER TABLE attempt ADD COLUMN removal TEXT CHECK (removal IN ('wanted', 'done', 'gone', 'too_old', 'refused'));
ALTER TABLE attempt ADD COLUMN removal_at INTEGER;
CREATE INDEX attempt_removal ON attempt (removal_at) WHERE removal = 'wanted';

-- Calls of the last minute that the platform counts against us: messages and edits. What may be called next is read from
-- here, so the pace holds across restarts and instances.
CREATE TABLE pace (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    chat       TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX pace_at ON pace (channel_id, at);

-- Until when the platform told us to wait.
CREATE TABLE gate (
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    chat       TEXT    NOT NULL, -- empty: every chat of the channel
    until      INTEGER NOT NULL,
    since      INTEGER NOT NULL, -- when it told
    PRIMARY KEY (channel_id, chat)
) STRICT;

-- Why nothing goes out. Each stands until what made it is over.
CREATE TABLE halt (
    cause      TEXT    PRIMARY KEY CHECK (cause IN ('paused', 'quarantine', 'unauthorized')),
    since      INTEGER NOT NULL,
    by_actor   TEXT    NOT NULL,
    detail     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Who may do what only one instance does.
CREATE TABLE lease (
    name   TEXT    PRIMARY KEY,
    owner  TEXT    NOT NULL,
    epoch  INTEGER NOT NULL, -- grows with each change of owner
    until  INTEGER NOT NULL  -- by the database's clock
) STRICT;

-- Which copy of the data this is. The same stands beside the key.
ALTER TABLE office ADD COLUMN installation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE office ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE office ADD COLUMN alive_at INTEGER; -- last sign of life of a running service

-- How updates reach us, and when they last did.
ALTER TABLE channel ADD COLUMN inbound TEXT NOT NULL DEFAULT 'poll' CHECK (inbound IN ('poll', 'webhook'));
ALTER TABLE channel ADD COLUMN heard_at INTEGER;

-- Time in which nobody took in what people did. When it was longer than the platform keeps a press, presses are lost.
CREATE TABLE blind_window (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    from_at    INTEGER NOT NULL,
    to_at      INTEGER NOT NULL,
    settled_at INTEGER NOT NULL, -- what had waited at the platform came in by then
    UNIQUE (channel_id, from_at)
) STRICT;

-- The copies that say so, for as long as they stand. One edit shows it; every later edit of the copy keeps it.
CREATE TABLE copy_hint (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id),
    window_id  INTEGER NOT NULL REFERENCES blind_window (id),
    edit_after INTEGER, -- null: shown
    PRIMARY KEY (attempt_id, window_id)
) STRICT;
CREATE INDEX copy_hint_waiting ON copy_hint (edit_after) WHERE edit_after IS NOT NULL;

-- A text in reply to a copy confirms it as a press does.
CREATE INDEX attempt_message ON attempt (chat, message_id) WHERE message_id IS NOT NULL;
ALTER TABLE kept_press ADD COLUMN method TEXT NOT NULL DEFAULT 'button' CHECK (method IN ('button', 'text', 'deep_link'));

CREATE INDEX inbox_received ON inbox (received_at) WHERE state = 'done';

-- What a sender holds, by when its hold ends.
CREATE INDEX delivery_held ON delivery (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX blind_window_settled ON blind_window (settled_at);
