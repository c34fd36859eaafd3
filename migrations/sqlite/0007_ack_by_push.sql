-- Whoever is looked for by person is found by push and person. An index by person has a page of its own for each person once
-- there is a past: each press of an office wrote one page more than it had to. A program of before that is running goes on.
DROP INDEX ack_staff;
