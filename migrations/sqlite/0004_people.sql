-- What joining, leave, roles and names need. Only additions: the program before this one runs on it, and sees neither
-- absences that only move a deadline nor a key that was changed.

-- How a unit was called before: past figures are printed with the name of their day.
CREATE TABLE unit_was (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    unit_id  INTEGER NOT NULL REFERENCES unit (id),
    path     TEXT    NOT NULL,
    until_at INTEGER NOT NULL
) STRICT;
CREATE INDEX unit_was_unit ON unit_was (unit_id, until_at);

-- Grows with every change of people and units, so that a change prepared on an older roster is noticed.
ALTER TABLE office ADD COLUMN roster_revision INTEGER NOT NULL DEFAULT 0;

-- The day a person took up work here; they count from the next day on.
ALTER TABLE staff ADD COLUMN joined_on TEXT;
-- The same person under another staff number.
ALTER TABLE staff ADD COLUMN merged_into INTEGER REFERENCES staff (id);
CREATE INDEX staff_merged ON staff (merged_into) WHERE merged_into IS NOT NULL;
-- The person's identity was removed.
ALTER TABLE staff ADD COLUMN erased_at INTEGER;

-- 本人申报: the person said themselves until when they are away.
ALTER TABLE leave ADD COLUMN declared INTEGER NOT NULL DEFAULT 0 CHECK (declared IN (0, 1));
-- Recorded by mistake; it has no effect any more.
ALTER TABLE leave ADD COLUMN withdrawn_at INTEGER;

-- One person's own deadline of one push, fixed when its audience was frozen or when the absence was recorded.
CREATE TABLE personal_deadline (
    push_id     INTEGER NOT NULL REFERENCES push (id),
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    deadline_at INTEGER NOT NULL,
    leave_id    INTEGER NOT NULL REFERENCES leave (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (push_id, staff_id)
) STRICT;

-- When the bot said in a chat what it is for.
ALTER TABLE chat_group ADD COLUMN welcomed_at INTEGER;
-- When the bot leaves a chat that nobody of the office stands for; null: it stays.
ALTER TABLE chat_group ADD COLUMN leaves_at INTEGER;

-- A conversation of several steps in a private chat; one a person and channel.
CREATE TABLE dialogue (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL UNIQUE REFERENCES account (id),
    step       INTEGER NOT NULL, -- grows with each answer; a button names the step it belongs to
    state      TEXT    NOT NULL, -- JSON: what is asked, what was answered, what the buttons mean
    expires_at INTEGER NOT NULL
) STRICT;

-- What an import is about to change, written in small steps and put in force at once. A later import takes over: rows of an
-- earlier number are of one that was cut off. Empty but for the seconds that an import takes.
ALTER TABLE office ADD COLUMN roster_import INTEGER NOT NULL DEFAULT 0;
CREATE TABLE roster_stage (
    import      INTEGER NOT NULL,
    part        INTEGER NOT NULL, -- the step that wrote it
    staff_id    INTEGER NOT NULL,
    version_id  INTEGER NOT NULL, -- in force once the import is
    position    INTEGER NOT NULL,
    left_at     INTEGER,          -- null: on the roster
    staff_no    TEXT,            -- of a new person, or the new number of a known one
    unit_id     INTEGER,          -- these three of a new version
    branch_id   INTEGER,
    kinds       TEXT,
    name        TEXT,            -- these two when the name or the post is another
    post        TEXT,
    new_staff   INTEGER NOT NULL,
    new_version INTEGER NOT NULL,
    new_name    INTEGER NOT NULL, -- 1: written already, for nobody sees the name of a person who is not on the roster
    PRIMARY KEY (import, part, staff_id)
) STRICT;
-- The day on which whoever writes there in the name of the group was last told that nobody can be told from that.
ALTER TABLE chat_group ADD COLUMN hinted_on TEXT;
-- From this day on the person is off the roster. Null: nobody said so, or it is done.
ALTER TABLE staff ADD COLUMN leaves_on TEXT;
-- A version is stored after the person who points to it: the database then looks for whoever waited for it.
CREATE INDEX staff_version ON staff (version_id);

-- To which accounts a code was shown with its question: 是我 counts from these alone.
CREATE TABLE invite_offer (
    invite_id  INTEGER NOT NULL REFERENCES invite (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    offered_at INTEGER NOT NULL,
    PRIMARY KEY (invite_id, account_id)
) STRICT;
CREATE INDEX invite_offer_account ON invite_offer (account_id);

-- Chats that were linked before need no first word any more.
UPDATE chat_group SET welcomed_at = 0 WHERE EXISTS (SELECT 1 FROM group_unit u WHERE u.group_id = chat_group.id);
