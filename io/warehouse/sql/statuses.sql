-- What does the static check say about each generator's negatives, by type and language?
SELECT
  n.generator,
  n.type,
  c.language,
  t.status,
  COUNT(*) AS negatives,
  COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY n.generator, n.type, c.language) AS share
FROM certificates AS t
JOIN negatives AS n ON n.id = t.negative_id
JOIN contexts AS c ON c.id = n.context_id
GROUP BY n.generator, n.type, c.language, t.status
ORDER BY n.generator, n.type, c.language, t.status
