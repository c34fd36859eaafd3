UPDATE item_version SET quiz =
    '[{"question":"先问什么？","options":["价钱","公正"],"answers":"B","explain":"没有起点金额。","basis":"《某法》（2020年7月1日起施行）第一条"}]'
    WHERE id = 1;
INSERT INTO push_quiz (push_id, questions, attempts, score) VALUES (1, 1, 1, 'first');
INSERT INTO quiz_batch (recorded_at) VALUES (1788000002000);
INSERT INTO quiz_answer (push_id, staff_id, question, n, chosen, is_right, answered_at, attempt_id, inbox_id, batch_id)
    VALUES (1, 1, 0, 1, 2, TRUE, 1788000002000, 1, 1, 1);
