-- Can chosen and rejected be told apart by length? Mean characters of both, their difference, and how often rejected is longer, by type.
SELECT
  n.type,
  COUNT(*) AS pairs,
  AVG(LENGTH(c.golden)) AS mean_chosen,
  AVG(LENGTH(n.text)) AS mean_rejected,
  AVG(LENGTH(n.text) - LENGTH(c.golden)) AS mean_difference,
  COUNT(CASE WHEN LENGTH(n.text) > LENGTH(c.golden) THEN 1 END) / COUNT(*) AS rejected_longer,
  COUNT(CASE WHEN LENGTH(n.text) = LENGTH(c.golden) THEN 1 END) / COUNT(*) AS same_length
FROM selection AS s
JOIN negatives AS n ON n.id = s.negative_id
JOIN contexts AS c ON c.id = n.context_id
GROUP BY n.type
ORDER BY n.type
