-- Which fifty repositories give the most selected rows, and from how many contexts and negatives?
WITH made AS (
  SELECT context_id, COUNT(*) AS negatives FROM negatives GROUP BY context_id
),
chosen AS (
  SELECT context_id, COUNT(*) AS selected FROM selection GROUP BY context_id
)
SELECT
  c.repo,
  COUNT(DISTINCT c.path) AS files,
  COUNT(*) AS contexts,
  SUM(COALESCE(m.negatives, 0)) AS negatives,
  SUM(COALESCE(s.selected, 0)) AS selected
FROM contexts AS c
LEFT JOIN made AS m ON m.context_id = c.id
LEFT JOIN chosen AS s ON s.context_id = c.id
GROUP BY c.repo
ORDER BY selected DESC, negatives DESC, contexts DESC, c.repo
LIMIT 50
