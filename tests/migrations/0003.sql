UPDATE delivery SET decision = 'sent', decided_by = 'operator', decided_at = 1788225000000, decision_reason = '群里看到了' WHERE id = 1;
UPDATE attempt SET removal = 'done', removal_at = 1788225000000 WHERE id = 1;
INSERT INTO pace (channel_id, chat, at) VALUES (1, '-100', 1788225000000);
INSERT INTO gate (channel_id, chat, until, since) VALUES (1, '', 1788225035000, 1788225000000);
INSERT INTO halt (cause, since, by_actor) VALUES ('paused', 1788225000000, 'operator');
INSERT INTO lease (name, owner, epoch, until) VALUES ('poll:1', 'boot-1', 1, 1788225060000);
UPDATE office SET installation_id = 'a1b2', generation = 1, alive_at = 1788225000000;
UPDATE channel SET heard_at = 1788225000000;
INSERT INTO blind_window (channel_id, from_at, to_at) VALUES (1, 1788225000000, 1788225600000);
