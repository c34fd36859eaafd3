-- Questions about items and what people answered. Only additions: the program before this one runs on it, sends no
-- questions and takes no answers.

-- The questions of a version as JSON; empty: none.
ALTER TABLE item_version ADD COLUMN quiz TEXT NOT NULL DEFAULT '';

-- A push that asks the questions of its item version, and by which rules. Fixed when the push is made.
CREATE TABLE push_quiz (
    push_id   INTEGER PRIMARY KEY REFERENCES push (id),
    questions INTEGER NOT NULL,
    attempts  INTEGER NOT NULL, -- how often one question may be answered
    score     TEXT    NOT NULL CHECK (score IN ('first', 'best'))
) STRICT;

-- The answers of one commit, sealed together by one entry of the audit chain.
CREATE TABLE quiz_batch (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at INTEGER NOT NULL
) STRICT;

-- One answer of one person to one question. Whoever erases a person leaves these: they hold an id that leads to nobody.
CREATE TABLE quiz_answer (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    push_id     INTEGER NOT NULL REFERENCES push_quiz (push_id),
    staff_id    INTEGER NOT NULL REFERENCES staff (id),
    question    INTEGER NOT NULL, -- counted from 0
    n           INTEGER NOT NULL, -- which answer to it, counted from 1
    chosen      INTEGER NOT NULL, -- options as a set of bits, A is 1
    is_right    INTEGER NOT NULL CHECK (is_right IN (0, 1)),
    answered_at INTEGER NOT NULL,
    attempt_id  INTEGER NOT NULL REFERENCES attempt (id), -- the copy that asked or led there
    inbox_id    INTEGER, -- the press; null: given in a conversation, whose steps tell repeats
    batch_id    INTEGER NOT NULL REFERENCES quiz_batch (id),
    UNIQUE (push_id, staff_id, question, n)
) STRICT;
CREATE INDEX quiz_answer_batch ON quiz_answer (batch_id);
CREATE INDEX quiz_answer_staff ON quiz_answer (staff_id, answered_at);
