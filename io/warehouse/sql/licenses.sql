-- Under which licences do the contexts, negatives and selected rows stand?
WITH made AS (
  SELECT context_id, COUNT(*) AS negatives FROM negatives GROUP BY context_id
),
chosen AS (
  SELECT context_id, COUNT(*) AS selected FROM selection GROUP BY context_id
)
SELECT
  c.license,
  COUNT(DISTINCT c.repo) AS repositories,
  COUNT(*) AS contexts,
  SUM(COALESCE(m.negatives, 0)) AS negatives,
  SUM(COALESCE(s.selected, 0)) AS selected
FROM contexts AS c
LEFT JOIN made AS m ON m.context_id = c.id
LEFT JOIN chosen AS s ON s.context_id = c.id
GROUP BY c.license
ORDER BY selected DESC, contexts DESC, c.license
