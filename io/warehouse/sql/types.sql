-- How many contexts can carry each type, how many of them have negatives of it, and how many were selected, by language?
WITH names AS (
  SELECT 'import' AS type
  UNION ALL
  SELECT 'method' AS type
  UNION ALL
  SELECT 'parameter' AS type
  UNION ALL
  SELECT 'undefinedvariable' AS type
),
carriers AS (
  SELECT c.id, c.language, t.type
  FROM contexts AS c
  JOIN names AS t ON STRPOS(',' || ARRAY_TO_STRING(c.types, ',') || ',', ',' || t.type || ',') > 0
),
made AS (
  SELECT context_id, type, COUNT(*) AS negatives FROM negatives GROUP BY context_id, type
),
chosen AS (
  SELECT context_id, type, COUNT(*) AS selected FROM selection WHERE type IS NOT NULL GROUP BY context_id, type
)
SELECT
  r.language,
  r.type,
  COUNT(*) AS contexts,
  COUNT(m.negatives) AS with_negatives,
  SUM(COALESCE(m.negatives, 0)) AS negatives,
  SUM(COALESCE(s.selected, 0)) AS selected
FROM carriers AS r
LEFT JOIN made AS m ON m.context_id = r.id AND m.type = r.type
LEFT JOIN chosen AS s ON s.context_id = r.id AND s.type = r.type
GROUP BY r.language, r.type
ORDER BY r.language, r.type
