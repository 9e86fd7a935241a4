-- Does everything fit together? Every n should be 0.
SELECT 1 AS step, 'contexts with the id of another' AS what, COUNT(*) - COUNT(DISTINCT id) AS n FROM contexts
UNION ALL
SELECT 2, 'negatives with the id of another', COUNT(*) - COUNT(DISTINCT id) FROM negatives
UNION ALL
SELECT 3, 'negatives without a context', COUNT(*)
FROM negatives AS n LEFT JOIN contexts AS c ON c.id = n.context_id WHERE c.id IS NULL
UNION ALL
SELECT 4, 'negatives of a type that their context cannot carry', COUNT(*)
FROM negatives AS n JOIN contexts AS c ON c.id = n.context_id
WHERE STRPOS(',' || ARRAY_TO_STRING(c.types, ',') || ',', ',' || n.type || ',') = 0 AND (n.minimal OR NOT n.sampled)
UNION ALL
SELECT 5, 'negatives with several certificates', COUNT(*) - COUNT(DISTINCT negative_id) FROM certificates
UNION ALL
SELECT 6, 'certificates without a negative', COUNT(*)
FROM certificates AS t LEFT JOIN negatives AS n ON n.id = t.negative_id WHERE n.id IS NULL
UNION ALL
SELECT 7, 'verdicts without a negative, controls apart', COUNT(*)
FROM verdicts AS v LEFT JOIN negatives AS n ON n.id = v.negative_id WHERE v.negative_id IS NOT NULL AND n.id IS NULL
UNION ALL
SELECT 8, 'selected rows without a context', COUNT(*)
FROM selection AS s LEFT JOIN contexts AS c ON c.id = s.context_id WHERE c.id IS NULL
UNION ALL
SELECT 9, 'selected pairs without a negative', COUNT(*)
FROM selection AS s LEFT JOIN negatives AS n ON n.id = s.negative_id WHERE s.negative_id IS NOT NULL AND n.id IS NULL
UNION ALL
SELECT 10, 'selected pairs that the check does not support', COUNT(*)
FROM selection AS s LEFT JOIN certificates AS t ON t.negative_id = s.negative_id
WHERE s.negative_id IS NOT NULL AND COALESCE(t.status, 'none') <> 'certified' AND COALESCE(t.status, 'none') <> 'unseen'
UNION ALL
SELECT 11, 'repositories in several splits', COUNT(*)
FROM (SELECT repo FROM selection GROUP BY repo HAVING COUNT(DISTINCT split) > 1) AS r
UNION ALL
SELECT 12, 'groups in several splits', COUNT(*)
FROM (SELECT s.group AS joined FROM selection AS s GROUP BY s.group HAVING COUNT(DISTINCT s.split) > 1) AS g
UNION ALL
SELECT 13, 'exported rows that were not selected', COUNT(*)
FROM export_rows AS e LEFT JOIN selection AS s ON COALESCE(s.negative_id, s.context_id) = e.id WHERE s.context_id IS NULL
UNION ALL
SELECT 14, 'exported pairs whose sides are equal', COUNT(*) FROM export_rows WHERE chosen = rejected
ORDER BY step
