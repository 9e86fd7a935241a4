-- How many negatives does each language, type and generator have, with which certificates, and how many were selected?
SELECT
  c.language,
  n.type,
  n.generator,
  COUNT(*) AS negatives,
  COUNT(CASE WHEN t.status = 'certified' THEN 1 END) AS certified,
  COUNT(CASE WHEN t.status = 'unseen' THEN 1 END) AS unseen,
  COUNT(CASE WHEN t.status = 'abstain' THEN 1 END) AS abstain,
  COUNT(CASE WHEN t.status = 'exists' THEN 1 END) AS existing,
  COUNT(s.negative_id) AS selected
FROM negatives AS n
JOIN contexts AS c ON c.id = n.context_id
LEFT JOIN certificates AS t ON t.negative_id = n.id
LEFT JOIN selection AS s ON s.negative_id = n.id
GROUP BY c.language, n.type, n.generator
ORDER BY c.language, n.type, n.generator
