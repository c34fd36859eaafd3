INSERT INTO unit_was (unit_id, path, until_at) VALUES (1, '机关/会计科', 1788000000000);
INSERT INTO personal_deadline (push_id, staff_id, deadline_at, leave_id, recorded_at) VALUES
    (1, 2, 1788200000000, 1, 1788000000000);
INSERT INTO dialogue (account_id, step, state, expires_at) VALUES (1, 1, '{}', 1788001000000);
UPDATE office SET roster_revision = 3, roster_import = 2;
UPDATE staff SET joined_on = '2026-08-01' WHERE id = 1;
INSERT INTO roster_stage (import, part, staff_id, version_id, position, new_staff, new_version, new_name) VALUES
    (1, 1, 2, 2, 1, 0, 0, 0);
INSERT INTO invite_offer (invite_id, account_id, offered_at) VALUES (1, 1, 1788000000000);
