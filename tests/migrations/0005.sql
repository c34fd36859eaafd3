INSERT INTO nudge_mute (staff_id, muted_at) VALUES (1, 1788000000000);
INSERT INTO nudge_day (push_id, day, queued, unreachable, decided_at) VALUES (1, '2026-09-01', 3, 1, 1788000000000);
