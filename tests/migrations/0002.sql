INSERT INTO calendar_year (year, body, imported_at) VALUES (2027, '{}', 1788225000000);
INSERT INTO alert (kind, key, detail, raised_at) VALUES ('calendar_provisional', '2027:2026-11-30', '{"year":2027}', 1788225000000);
UPDATE occurrence SET off_name = '中秋' WHERE id = 1;
