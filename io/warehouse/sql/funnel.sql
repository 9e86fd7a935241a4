-- How many records are left after each step, from files to exported rows?
SELECT 1 AS step, 'files with contexts' AS what, COUNT(DISTINCT repo || ' ' || path) AS n FROM contexts
UNION ALL
SELECT 2, 'contexts', COUNT(*) FROM contexts
UNION ALL
SELECT 3, 'contexts that can carry a type', COUNT(CASE WHEN ARRAY_LENGTH(types) > 0 THEN 1 END) FROM contexts
UNION ALL
SELECT 4, 'contexts with negatives', COUNT(DISTINCT context_id) FROM negatives
UNION ALL
SELECT 5, 'negatives', COUNT(*) FROM negatives
UNION ALL
SELECT 6, 'negatives not refused by the check', COUNT(CASE WHEN status = 'certified' OR status = 'unseen' THEN 1 END) FROM certificates
UNION ALL
SELECT 7, 'certified negatives', COUNT(CASE WHEN status = 'certified' THEN 1 END) FROM certificates
UNION ALL
SELECT 8, 'negatives with a valid verdict', COUNT(DISTINCT negative_id) FROM verdicts WHERE answer = 'fooled' OR answer = 'caught'
UNION ALL
SELECT 9, 'selected pairs', COUNT(negative_id) FROM selection
UNION ALL
SELECT 10, 'selected general rows', COUNT(CASE WHEN negative_id IS NULL THEN 1 END) FROM selection
UNION ALL
SELECT 11, 'exported rows', COUNT(*) FROM export_rows
ORDER BY step
