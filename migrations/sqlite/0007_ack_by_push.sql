-- Whoever is looked for by person is found by push and person. An index by person has a page of its own for each person once
-- there is a past: each press of an office wrote one page more than it had to. The program before this one runs on it.
DROP INDEX ack_staff;
