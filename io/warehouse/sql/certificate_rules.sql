-- Which rules of the static check decide, with which status, in which language?
SELECT
  t.rule,
  t.status,
  c.language,
  COUNT(*) AS negatives
FROM certificates AS t
JOIN contexts AS c ON c.id = t.context_id
GROUP BY t.rule, t.status, c.language
ORDER BY negatives DESC, t.rule, t.status, c.language
