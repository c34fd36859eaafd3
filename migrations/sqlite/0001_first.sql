-- Instants are UTC milliseconds, days are ISO dates, words are spelled as in the domain's `as_str`.
-- Ids grow and are never promised to be gap-free. Nothing here is edited after a release: a change is a new file.

-- The one office of this database.
CREATE TABLE office (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    zone       TEXT    NOT NULL, -- IANA name; fixed at first start
    key_id     TEXT    NOT NULL, -- the key in the secret file that seals this database
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    key        TEXT    PRIMARY KEY,
    value      TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Who exists -----------------------------------------------------------------------------------------------------

-- Leaf units. A parent is a prefix of `path` and has no row. `kind` office: 科室; branch: 支部, a second view.
CREATE TABLE unit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('office', 'branch')),
    path       TEXT    NOT NULL,
    position   INTEGER NOT NULL, -- roster order, kept for every output
    retired_at INTEGER,
    UNIQUE (kind, path)
) STRICT;

CREATE TABLE staff (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_no   TEXT    NOT NULL UNIQUE,
    version_id INTEGER NOT NULL REFERENCES person_version (id) DEFERRABLE INITIALLY DEFERRED, -- the person_version in force
    position   INTEGER NOT NULL, -- place in the roster
    left_at    INTEGER
) STRICT;

-- One immutable state of a person. Audiences point here, never at names.
CREATE TABLE person_version (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id  INTEGER NOT NULL REFERENCES staff (id),
    unit_id   INTEGER NOT NULL REFERENCES unit (id),
    branch_id INTEGER REFERENCES unit (id),
    kinds     TEXT    NOT NULL, -- words joined by a comma
    since     INTEGER NOT NULL
) STRICT;
CREATE INDEX person_version_staff ON person_version (staff_id);

-- The only place that holds a name; erasing a person erases this row.
CREATE TABLE person_name (
    staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
    name     TEXT    NOT NULL,
    post     TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE leave (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    category    TEXT    NOT NULL,
    starts_on   TEXT    NOT NULL,
    ends_on     TEXT, -- last day, inclusive; open when null
    recorded_at INTEGER NOT NULL,
    CHECK (ends_on >= starts_on)
) STRICT;
CREATE INDEX leave_staff ON leave (staff_id);

CREATE TABLE role_grant (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    role       TEXT    NOT NULL,
    unit_id    INTEGER REFERENCES unit (id), -- null: the whole office
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX role_grant_once ON role_grant (staff_id, role, COALESCE(unit_id, 0)) WHERE revoked_at IS NULL;

-- Chat platforms ---------------------------------------------------------------------------------------------------

CREATE TABLE channel (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL, -- telegram, later wecom, dingtalk, feishu, relay
    instance TEXT    NOT NULL, -- the platform's id of our bot
    name     TEXT    NOT NULL DEFAULT '', -- what the platform calls our bot in links
    UNIQUE (kind, instance)
) STRICT;

CREATE TABLE account (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id    INTEGER NOT NULL REFERENCES channel (id),
    external_id   TEXT    NOT NULL,
    can_dm        INTEGER NOT NULL DEFAULT 0 CHECK (can_dm IN (0, 1)), -- the platform lets us write to this person first
    code_failures INTEGER NOT NULL DEFAULT 0, -- wrong binding codes in a row
    code_wait_until INTEGER,
    notice_at     INTEGER, -- when the notice on personal data was shown
    UNIQUE (channel_id, external_id),
    UNIQUE (id, channel_id)
) STRICT;

CREATE TABLE binding (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL, -- the account's
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    bound_at   INTEGER NOT NULL,
    ended_at   INTEGER,
    FOREIGN KEY (account_id, channel_id) REFERENCES account (id, channel_id)
) STRICT;
CREATE UNIQUE INDEX binding_account_once ON binding (account_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX binding_staff_once ON binding (channel_id, staff_id) WHERE ended_at IS NULL;

CREATE TABLE invite (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id   INTEGER NOT NULL REFERENCES staff (id),
    code_mac   TEXT    NOT NULL UNIQUE, -- the code itself is never stored
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX invite_open_once ON invite (staff_id) WHERE used_at IS NULL AND revoked_at IS NULL;

-- One chat, or one topic of it (`thread`, empty for none).
CREATE TABLE chat_group (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id  INTEGER NOT NULL REFERENCES channel (id),
    external_id TEXT    NOT NULL,
    thread      TEXT    NOT NULL DEFAULT '',
    title       TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('unlinked', 'active', 'suspended', 'gone')),
    reason      TEXT,
    UNIQUE (channel_id, external_id, thread)
) STRICT;

CREATE TABLE group_unit (
    group_id INTEGER NOT NULL REFERENCES chat_group (id),
    unit_id  INTEGER NOT NULL REFERENCES unit (id),
    PRIMARY KEY (group_id, unit_id)
) STRICT;

-- What is said ------------------------------------------------------------------------------------------------------

CREATE TABLE item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    slug       TEXT    NOT NULL UNIQUE,
    version_id INTEGER NOT NULL REFERENCES item_version (id) DEFERRABLE INITIALLY DEFERRED, -- the item_version in force
    state      TEXT    NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'published', 'withdrawn', 'expired'))
) STRICT;

-- Kept for ever with its whole text: what was pushed can be read after the file is gone.
CREATE TABLE item_version (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id      INTEGER NOT NULL REFERENCES item (id),
    version      INTEGER NOT NULL,
    code         TEXT    NOT NULL, -- 编号
    theme        TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    audience     TEXT    NOT NULL, -- as printed: 全体, or kinds joined by 、
    confirm      TEXT    NOT NULL CHECK (confirm IN ('required', 'voluntary', 'none')),
    basis        TEXT    NOT NULL, -- as printed, one a line
    article_text TEXT    NOT NULL,
    takeaway     TEXT    NOT NULL,
    body         TEXT    NOT NULL, -- Markdown
    verified_on  TEXT    NOT NULL,
    checked_by   TEXT    NOT NULL,
    expires_on   TEXT,
    hash         TEXT    NOT NULL,
    synced_at    INTEGER NOT NULL,
    UNIQUE (item_id, version)
) STRICT;

-- When it is said ---------------------------------------------------------------------------------------------------

CREATE TABLE schedule (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'removed')),
    revision   INTEGER NOT NULL DEFAULT 1, -- grows with each edit; an occurrence names the one it came from
    cron       TEXT    NOT NULL,
    theme      TEXT, -- choose among the items of this theme; null like slug: among the voluntary ones
    slug       TEXT, -- or always this item
    confirm    TEXT    CHECK (confirm IN ('required', 'voluntary', 'none')), -- null: the item's own
    planned_to INTEGER NOT NULL, -- every slot up to here has its row
    created_at INTEGER NOT NULL,
    CHECK (theme IS NULL OR slug IS NULL)
) STRICT;
CREATE UNIQUE INDEX schedule_name_once ON schedule (name) WHERE state <> 'removed';

CREATE TABLE schedule_group (
    schedule_id INTEGER NOT NULL REFERENCES schedule (id),
    group_id    INTEGER NOT NULL REFERENCES chat_group (id),
    PRIMARY KEY (schedule_id, group_id)
) STRICT;

CREATE TABLE occurrence (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule_id INTEGER NOT NULL REFERENCES schedule (id),
    slot_at     INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('planned', 'materialised', 'skipped_late', 'skipped_collapsed',
                    'skipped_paused', 'skipped_holiday', 'skipped_cap', 'skipped_unapproved', 'cancelled')),
    reason      TEXT,
    decided_at  INTEGER NOT NULL,
    UNIQUE (schedule_id, slot_at)
) STRICT;

-- A push and its frozen audience ------------------------------------------------------------------------------------

CREATE TABLE push (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    occurrence_id   INTEGER UNIQUE REFERENCES occurrence (id), -- null: sent by hand
    item_version_id INTEGER NOT NULL REFERENCES item_version (id),
    confirm         TEXT    NOT NULL CHECK (confirm IN ('required', 'voluntary', 'none')),
    state           TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'cancelled', 'recalled')),
    slot_at         INTEGER NOT NULL,
    month           TEXT    NOT NULL, -- YYYY-MM of the slot in the office's zone
    deadline_at     INTEGER,          -- null: voluntary or none
    late            INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)), -- 1: the message says when it was due
    fills           TEXT    NOT NULL, -- JSON object: what its 〔…〕 were filled with
    created_at      INTEGER NOT NULL,
    CHECK (confirm = 'required' OR deadline_at IS NULL)
) STRICT;
CREATE INDEX push_month ON push (month, slot_at);
CREATE INDEX push_item ON push (item_version_id, slot_at);

-- The people of one unit as a push saw them: `staff/version/status` joined by a comma. Stored once by its hash.
CREATE TABLE audience_chunk (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    TEXT    NOT NULL UNIQUE,
    unit_id INTEGER NOT NULL REFERENCES unit (id),
    members TEXT    NOT NULL
) STRICT;

CREATE TABLE push_chunk (
    push_id  INTEGER NOT NULL REFERENCES push (id),
    chunk_id INTEGER NOT NULL REFERENCES audience_chunk (id),
    PRIMARY KEY (push_id, chunk_id)
) STRICT;

-- One outgoing message to one target.
CREATE TABLE delivery (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL CHECK (kind IN ('push', 'nudge', 'notice', 'reminder', 'report', 'alert')),
    subject_id  INTEGER NOT NULL, -- for kind push: the push
    target_kind TEXT    NOT NULL CHECK (target_kind IN ('group', 'staff')),
    target_id   INTEGER NOT NULL,
    part        INTEGER NOT NULL DEFAULT 1,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'claimed', 'sending', 'sent', 'retry_wait', 'in_doubt',
                                                  'failed', 'expired', 'cancelled', 'abandoned')),
    reason      TEXT,
    not_before  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0, -- attempts that count against the limit
    lease_owner TEXT,
    lease_until INTEGER,
    epoch       INTEGER NOT NULL DEFAULT 0, -- grows with each claim; every write of a result names it
    changed_at  INTEGER NOT NULL,
    UNIQUE (kind, subject_id, target_kind, target_id, part)
) STRICT;
CREATE INDEX delivery_due ON delivery (not_before) WHERE state IN ('queued', 'retry_wait');
CREATE INDEX delivery_doubt ON delivery (changed_at) WHERE state = 'in_doubt';

-- Which unit a delivery of a push speaks to, frozen with the audience. A private push names the person instead.
CREATE TABLE push_cover (
    push_id     INTEGER NOT NULL REFERENCES push (id),
    delivery_id INTEGER NOT NULL REFERENCES delivery (id),
    unit_id     INTEGER NOT NULL REFERENCES unit (id),
    staff_id    INTEGER REFERENCES staff (id)
) STRICT;
CREATE INDEX push_cover_push ON push_cover (push_id);
CREATE UNIQUE INDEX push_cover_once ON push_cover (delivery_id, unit_id, COALESCE(staff_id, 0));

-- One call for one delivery; committed before the call. Its id is the tag inside the buttons.
CREATE TABLE attempt (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id        INTEGER NOT NULL REFERENCES delivery (id),
    n                  INTEGER NOT NULL,
    boot               TEXT    NOT NULL, -- the run of the program that made it
    chat               TEXT    NOT NULL,
    started_at         INTEGER NOT NULL,
    ended_at           INTEGER,
    outcome            TEXT    NOT NULL CHECK (outcome IN ('pending', 'ok', 'not_sent', 'limited', 'rejected', 'unknown', 'proved')),
    message_id         TEXT,
    error              TEXT,
    possible_duplicate INTEGER NOT NULL DEFAULT 0 CHECK (possible_duplicate IN (0, 1)),
    UNIQUE (delivery_id, n)
) STRICT;

-- The count line under a message: edited only when it changed, not more often than the pause between edits.
CREATE TABLE count_line (
    delivery_id INTEGER PRIMARY KEY REFERENCES delivery (id),
    shown       INTEGER NOT NULL, -- the number people see now
    dirty       INTEGER NOT NULL DEFAULT 0 CHECK (dirty IN (0, 1)),
    edit_after  INTEGER NOT NULL
) STRICT;
CREATE INDEX count_line_dirty ON count_line (edit_after) WHERE dirty;

-- What people answer ------------------------------------------------------------------------------------------------

-- Raw inbound updates, committed before they are confirmed to the platform.
CREATE TABLE inbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id  INTEGER NOT NULL REFERENCES channel (id),
    event_id    TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    raw         TEXT, -- null once its days are over
    state       TEXT    NOT NULL CHECK (state IN ('new', 'done', 'quarantined')),
    tries       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel_id, event_id)
) STRICT;
CREATE INDEX inbox_new ON inbox (channel_id, id) WHERE state = 'new';
CREATE INDEX inbox_raw ON inbox (received_at) WHERE raw IS NOT NULL;

-- A press by an account that is not bound yet: kept, and credited on binding with its own time.
CREATE TABLE kept_press (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    push_id    INTEGER NOT NULL REFERENCES push (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    attempt_id INTEGER NOT NULL REFERENCES attempt (id),
    pressed_at INTEGER NOT NULL,
    inbox_id   INTEGER NOT NULL,
    UNIQUE (push_id, account_id)
) STRICT;
CREATE INDEX kept_press_account ON kept_press (account_id);

-- One commit's worth of acks, sealed together by the audit entry of the same instant.
CREATE TABLE ack_batch (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE ack (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    push_id     INTEGER NOT NULL REFERENCES push (id),
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    pressed_at  INTEGER NOT NULL,
    method      TEXT    NOT NULL CHECK (method IN ('button', 'text', 'deep_link', 'link', 'manual')),
    recorded_by TEXT, -- the actor who entered it for the person; null: the person
    attempt_id  INTEGER REFERENCES attempt (id),
    inbox_id    INTEGER,
    batch_id    INTEGER NOT NULL REFERENCES ack_batch (id),
    CHECK ((method = 'manual') = (recorded_by IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX ack_once ON ack (push_id, staff_id);
CREATE INDEX ack_staff ON ack (staff_id);
CREATE INDEX ack_in_batch ON ack (batch_id);

-- The ledger of who did what --------------------------------------------------------------------------------------

CREATE TABLE audit_entry (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    mac     TEXT    NOT NULL
) STRICT;

CREATE TABLE audit_head (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    mac TEXT    NOT NULL -- keyed tag over the place and the tag of the last entry; empty before the first
) STRICT;
INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, '');
