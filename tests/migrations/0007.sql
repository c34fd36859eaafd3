-- Nothing but an index goes.
UPDATE ack SET pressed_at = 1788000003000 WHERE staff_id = 2;
