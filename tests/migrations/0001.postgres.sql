-- A small office with a row in every table. The SQLite twin differs in booleans alone.
BEGIN;
INSERT INTO office (id, zone, key_id, created_at) VALUES (1, 'Asia/Shanghai', '0123abcd', 1788000000000);
INSERT INTO setting (key, value, changed_at) VALUES ('office.name', '某局', 1788000000000);
INSERT INTO unit (id, kind, path, position) VALUES (1, 'office', '机关/财务科', 1), (2, 'branch', '第一支部', 1);
INSERT INTO staff (id, staff_no, version_id, position) VALUES (1, 'G001', 1, 1), (2, 'G002', 2, 2);
INSERT INTO person_version (id, staff_id, unit_id, branch_id, kinds, since) VALUES
    (1, 1, 1, 2, 'party,official', 1788000000000), (2, 2, 1, NULL, 'contract', 1788000000000);
INSERT INTO person_name (staff_id, name, post) VALUES (1, '甲一', '科长'), (2, '乙二', '');
INSERT INTO leave (id, staff_id, category, starts_on, ends_on, recorded_at) VALUES
    (1, 2, 'study', '2026-09-01', '2026-09-30', 1788000000000), (2, 1, 'other', '2026-09-01', NULL, 1788000000000);
INSERT INTO role_grant (id, staff_id, role, granted_at) VALUES (1, 1, 'admin', 1788000000000);
INSERT INTO channel (id, kind, instance, name) VALUES (1, 'telegram', '7001', 'qingfeng_bot');
INSERT INTO account (id, channel_id, external_id, can_dm, code_failures) VALUES (1, 1, '501', TRUE, 0), (2, 1, '502', FALSE, 2);
INSERT INTO binding (id, account_id, channel_id, staff_id, bound_at) VALUES (1, 1, 1, 1, 1788000000000);
INSERT INTO invite (id, staff_id, code_mac, issued_at, expires_at) VALUES (1, 2, 'ab12', 1788000000000, 1788600000000);
INSERT INTO chat_group (id, channel_id, external_id, title, state) VALUES (1, 1, '-100', '机关大群', 'active');
INSERT INTO group_unit (group_id, unit_id) VALUES (1, 1);
INSERT INTO item (id, slug, version_id, state) VALUES (1, 'gifts', 1, 'approved');
INSERT INTO item_version (id, item_id, version, code, theme, title, audience, confirm, basis, article_text, takeaway, body,
    verified_on, checked_by, expires_on, hash, synced_at) VALUES (1, 1, 1, 'L-1', 'law', '礼品礼金', '全体', 'required',
    '条例第一条', '条文', '不收', '正文', '2026-08-01', '审核', NULL, 'hash-1', 1788000000000);
INSERT INTO schedule (id, name, state, cron, theme, planned_to, created_at) VALUES
    (1, '每周一学', 'active', '30 9 * * MON', 'law', 1788000000000, 1788000000000);
INSERT INTO schedule_group (schedule_id, group_id) VALUES (1, 1);
INSERT INTO occurrence (id, schedule_id, slot_at, revision, state, decided_at) VALUES
    (1, 1, 1788000000000, 1, 'materialised', 1788000000000);
INSERT INTO push (id, occurrence_id, item_version_id, confirm, state, slot_at, month, deadline_at, late, fills, created_at)
    VALUES (1, 1, 1, 'required', 'open', 1788000000000, '2026-08', 1788100000000, FALSE, '{}', 1788000000000);
INSERT INTO audience_chunk (id, hash, unit_id, members) VALUES (1, 'hash-1', 1, '1/1/e,2/2/x');
INSERT INTO push_chunk (push_id, chunk_id) VALUES (1, 1);
INSERT INTO delivery (id, kind, subject_id, target_kind, target_id, state, not_before, expires_at, epoch, changed_at)
    VALUES (1, 'push', 1, 'group', 1, 'sent', 1788000000000, 1788100000000, 1, 1788000001000);
INSERT INTO push_cover (push_id, delivery_id, unit_id, staff_id) VALUES (1, 1, 1, NULL);
INSERT INTO attempt (id, delivery_id, n, boot, chat, started_at, ended_at, outcome, message_id, possible_duplicate)
    VALUES (1, 1, 1, 'boot-1', '-100', 1788000000000, 1788000001000, 'ok', '901', FALSE);
INSERT INTO count_line (delivery_id, shown, dirty, edit_after) VALUES (1, 1, TRUE, 1788000060000);
INSERT INTO inbox (id, channel_id, event_id, received_at, raw, state) VALUES
    (1, 1, '41', 1788000002000, NULL, 'done'), (2, 1, '42', 1788000003000, '{}', 'new');
INSERT INTO kept_press (id, push_id, account_id, attempt_id, pressed_at, inbox_id) VALUES (1, 1, 2, 1, 1788000003000, 2);
INSERT INTO ack_batch (id, recorded_at) VALUES (1, 1788000002000);
INSERT INTO ack (id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id) VALUES
    (1, 1, 1, 1788000002000, 'button', NULL, 1, 1, 1), (2, 1, 2, 1788000002000, 'manual', 'operator', NULL, NULL, 1);
INSERT INTO audit_entry (seq, at, actor, action, subject, detail, mac) VALUES
    (1, 1788000000000, 'operator', 'db_init', 'office', '{}', 'cd34');
UPDATE audit_head SET seq = 1, mac = 'ef56' WHERE id = 1;
COMMIT;
